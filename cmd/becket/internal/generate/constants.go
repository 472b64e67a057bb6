package generate

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/becketflags/becket"
)

// Owners of constants in names: a flag's key, one of these, and the variant's name. No key contains
// control characters.
const (
	ofValue = "\x01"
	ofName  = "\x02"
)

// variantsOf begins the comment of a flag's constants. The name of the handle follows.
const variantsOf = "The variants of "

// variantNames returns the variants of a flag that get constants. A flag that is only off or on
// needs none, because its handle has On.
func (flag *Flag) variantNames() []string {
	if flag.Kind == becket.KindBool && slices.Equal(flag.Variants, []string{"off", "on"}) {
		return nil
	}
	names := slices.Clone(flag.Variants)
	slices.Sort(names)
	return slices.Compact(names)
}

// texts returns the variants of a text flag, or nil if the flag has another type or the format
// does not list all values.
func (flag *Flag) texts() []becket.Variant {
	if flag.Kind != becket.KindString || len(flag.Values) != len(flag.variantNames()) {
		return nil
	}
	return flag.Values
}

// claimConstants requests the names of all constants. A handle and a type keep their names: a
// constant that would have the same name gets another one.
func (f *file) claimConstants(flags []Flag) {
	f.constants = newNames(append(f.names.all(), handlesFunction)...)
	for i := range flags {
		flag := &flags[i]
		handle := f.names.of(flag.Key)
		for _, variant := range flag.texts() {
			f.constants.want(handle+words(variant.Name), flag.Key+ofValue+variant.Name)
		}
		for _, name := range flag.variantNames() {
			f.constants.want(handle+"Variant"+words(name), flag.Key+ofName+name)
		}
	}
}

// declareConstants writes the constants of one flag: of a text flag the values, and of every flag
// the names of its variants.
func (f *file) declareConstants(flag *Flag) {
	names, texts := flag.variantNames(), flag.texts()
	if len(names) == 0 {
		return
	}
	handle := f.names.of(flag.Key)
	fmt.Fprintf(&f.text, "\n// %s%s. ", variantsOf, handle)
	if len(texts) > 0 {
		f.text.WriteString("In returns the value of a variant, and Detail also its name.\nconst (\n")
	} else {
		f.text.WriteString("Detail returns the name of the variant.\nconst (\n")
	}
	for _, variant := range texts {
		f.constant(flag.Key+ofValue+variant.Name, "value", variant.Name, variant.Value.Text())
	}
	if len(texts) > 0 {
		f.text.WriteString("\n")
	}
	for _, name := range names {
		f.constant(flag.Key+ofName+name, "name", name, name)
	}
	f.text.WriteString(")\n")
}

func (f *file) constant(owner, what, variant, text string) {
	name := f.constants.of(owner)
	fmt.Fprintf(&f.text, "// %s is the %s of the variant %q.\n%[1]s = %[4]s\n", name, what, plainText(variant),
		strconv.Quote(text))
}
