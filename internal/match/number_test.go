package match_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/becketflags/becket/internal/match"
)

func TestNumbersAreWrittenAsJavaScriptDoes(t *testing.T) {
	cases := map[string]float64{
		"0":                       math.Copysign(0, -1),
		"125":                     125,
		"-0.12345":                -0.12345,
		"0.000001":                1e-6,
		"1e-7":                    1e-7,
		"1.5e-7":                  1.5e-7,
		"100000000000000000000":   1e20,
		"123456789012345680000":   123456789012345680000,
		"1e+21":                   1e21,
		"-1.23456789e+96":         -1.23456789e96,
		"5e-324":                  5e-324,
		"1.7976931348623157e+308": math.MaxFloat64,
		"1680307199.999":          1680307199.999,
		"NaN":                     math.NaN(),
		"Infinity":                math.Inf(1),
		"-Infinity":               math.Inf(-1),
	}
	for want, f := range cases {
		assert.Equal(t, "x"+want, string(match.AppendNumber([]byte("x"), f)))
	}
}
