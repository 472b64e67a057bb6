package attribute_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/attribute"
)

func TestNumbersOnTheCommandLineMeanTheSameAsInCode(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a=7": "7", "a=-0": "0", "a=1e3": "1000", "a=9223372036854775808": "9223372036854775808",
		"a=18446744073709551615": "18446744073709551615", "a=1e19": "10000000000000000000",
		"a=18446744073709551616": "1.8446744073709552e+19", "a=1e308": "1e+308", "a=01234": `"01234"`,
		"a=-007": `"-007"`, "a=+5": `"+5"`, "a=.5": `".5"`, "a=NaN": `"NaN"`, "a=0x1F": `"0x1F"`,
		"a:string=1e999": `"1e999"`, "a:=18446744073709551615": "18446744073709551615", `a:=["beta", null]`: `["beta"]`,
		"a:number=18446744073709551615": "18446744073709551615",
	} {
		a, err := attribute.Parse(text)
		require.NoError(t, err, text)
		subject := becket.NewSubject("", a)
		value, ok := subject.Attribute("a")
		require.True(t, ok, text)
		assert.Equal(t, want, value.String(), text)
	}
	for text, want := range map[string]string{
		"a=1e999":        `attribute "a": the number "1e999" is too large; a:string=1e999 is a text`,
		"a:number=1e999": "is too large",
		"a:number=01234": `attribute "a": "01234" is not a valid number`,
		"a:boolean=1":    `attribute "a": "1" is not a valid boolean`,
	} {
		_, err := attribute.Parse(text)
		assert.ErrorContains(t, err, want, text)
	}
}
