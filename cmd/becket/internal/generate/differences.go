package generate

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Differences describes how a file that Go wrote earlier differs from the file that Go writes now,
// in sentences: first the flags by their keys, then constants and types. It returns nil if the
// files are equal.
func Differences(old, current []byte) (sentences []string) {
	if bytes.Equal(old, current) {
		return nil
	}
	before, err := declarations(old)
	if err != nil {
		return []string{"the file is not Go code: " + err.Error()}
	}
	after, err := declarations(current)
	if err != nil {
		return []string{"the new file is not Go code: " + err.Error()}
	}
	if before.packageName != after.packageName {
		sentences = append(sentences,
			fmt.Sprintf("the package changes from %s to %s", before.packageName, after.packageName))
	}
	for _, key := range bothKeys(before.handles, after.handles) {
		sentences = append(sentences, changedHandle(key, before.handles, after.handles)...)
		// The constants of a flag that is new or gone are new or gone too.
		if _, was := before.handles[key]; !was {
			after.forget(after.handles[key].name)
		}
		if _, is := after.handles[key]; !is {
			before.forget(before.handles[key].name)
		}
	}
	sentences = append(sentences, changedTexts("constant", before.constants, after.constants)...)
	sentences = append(sentences, changedTexts("type", before.types, after.types)...)
	if len(sentences) == 0 {
		return []string{"only comments, the order or the layout differ"}
	}
	return sentences
}

// declared is the content of a generated file, as far as a difference is described.
type declared struct {
	packageName string
	handles     map[string]handle   // by the flag's key
	constants   map[string]string   // values by name
	constantsOf map[string][]string // names by the handle
	types       map[string]string   // source text by name
}

// handle is the declaration of a handle.
type handle struct{ name, kind, value, comment string }

// declarations reads a generated file.
func declarations(source []byte) (d declared, err error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return d, err
	}
	text := func(node ast.Node) string {
		return string(source[set.Position(node.Pos()).Offset:set.Position(node.End()).Offset])
	}
	d = declared{
		packageName: file.Name.Name, handles: map[string]handle{}, constants: map[string]string{},
		constantsOf: map[string][]string{}, types: map[string]string{},
	}
	for _, declaration := range file.Decls {
		group, ok := declaration.(*ast.GenDecl)
		if !ok {
			continue
		}
		of, _, _ := strings.Cut(strings.TrimPrefix(group.Doc.Text(), variantsOf), ".")
		for _, spec := range group.Specs {
			d.add(group.Tok, of, spec, text)
		}
	}
	return d, nil
}

// forget leaves out the constants of one handle.
func (d *declared) forget(handle string) {
	for _, name := range d.constantsOf[handle] {
		delete(d.constants, name)
	}
}

// add keeps one declaration. A constant belongs to the handle of. Everything that Go does not
// write is left out.
func (d *declared) add(sort token.Token, of string, spec ast.Spec, text func(ast.Node) string) {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		d.types[spec.Name.Name] = text(spec)
	case *ast.ValueSpec:
		if len(spec.Names) != 1 || len(spec.Values) != 1 {
			return
		}
		name := spec.Names[0].Name
		if sort == token.CONST {
			d.constants[name] = text(spec.Values[0])
			d.constantsOf[of] = append(d.constantsOf[of], name)
			return
		}
		literal, ok := spec.Values[0].(*ast.CompositeLit)
		if !ok || literal.Type == nil {
			return
		}
		h := handle{name: name, kind: text(literal.Type), comment: spec.Doc.Text()}
		key := ""
		for _, element := range literal.Elts {
			if pair, ok := element.(*ast.KeyValueExpr); ok {
				switch text(pair.Key) {
				case "Key":
					key, _ = strconv.Unquote(text(pair.Value))
				case "Default":
					h.value = text(pair.Value)
				}
			}
		}
		// The first line names the handle and the key, which are compared on their own.
		_, h.comment, _ = strings.Cut(h.comment, "\n")
		d.handles[key] = h
	}
}

// changedHandle describes the difference of one flag.
func changedHandle(key string, before, after map[string]handle) (sentences []string) {
	flag := fmt.Sprintf("the flag %q", key)
	old, was := before[key]
	now, is := after[key]
	if !was {
		return []string{flag + " is new"}
	}
	if !is {
		return []string{flag + " is gone"}
	}
	for _, part := range []struct{ what, old, now string }{
		{"handle", old.name, now.name}, {"type", kindInWords(old.kind), kindInWords(now.kind)},
	} {
		if part.old != part.now {
			sentences = append(sentences,
				fmt.Sprintf("the %s of %s changes from %s to %s", part.what, flag, part.old, part.now))
		}
	}
	if old.value != now.value {
		sentences = append(sentences, fmt.Sprintf("the default of %s changes", flag))
	}
	if old.comment != now.comment {
		sentences = append(sentences,
			fmt.Sprintf("the description, the owner, the dates or the variants of %s change", flag))
	}
	return sentences
}

// kindInWords returns "StringFlag" of "becket.StringFlag".
func kindInWords(kind string) string { return strings.TrimPrefix(kind, "becket.") }

// changedTexts describes the differences of constants or types.
func changedTexts(what string, before, after map[string]string) (sentences []string) {
	for _, name := range bothKeys(before, after) {
		old, was := before[name]
		now, is := after[name]
		change := "changes"
		switch {
		case !was:
			change = "is new"
		case !is:
			change = "is gone"
		case old == now:
			continue
		}
		sentences = append(sentences, fmt.Sprintf("the %s %s %s", what, name, change))
	}
	return sentences
}

// bothKeys returns the sorted keys of both maps.
func bothKeys[V any](a, b map[string]V) []string {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(keys)
	return slices.Compact(keys)
}
