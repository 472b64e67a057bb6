package becket

import (
	"math/big"
	"strconv"
	"strings"
)

// parseNumber reads a number of JSON: an integer if its value is one, however it is written ("1", "1.0", "1e3"), else a
// float. An integer outside 64 bits and a float that overflows are problems.
func parseNumber(text string) (value Value, problem string) {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return IntValue(i), ""
	}
	if !strings.ContainsAny(text, ".eE") {
		return Value{}, outside64Bits(text)
	}
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil:
		return Value{}, "the number " + shorten(text) + " is too large"
	case f != float64(int64(f)):
		if isWhole(f) {
			return Value{}, outside64Bits(text)
		}
		return FloatValue(f), ""
	case f > -1<<53 && f < 1<<53:
		return FloatValue(f), ""
	}
	return parseLargeNumber(text, f)
}

// parseLargeNumber reads a number that a float64 cannot hold exactly.
func parseLargeNumber(text string, f float64) (value Value, problem string) {
	const digits = 1000 // further ones cannot matter to 64 bits, and must not cost
	if len(text) > digits {
		return FloatValue(f), ""
	}
	exact, ok := new(big.Rat).SetString(text)
	if !ok || !exact.IsInt() {
		return FloatValue(f), ""
	}
	if !exact.Num().IsInt64() {
		return Value{}, outside64Bits(text)
	}
	return IntValue(exact.Num().Int64()), ""
}

func isWhole(f float64) bool { return f >= 1<<53 || f <= -1<<53 }

func outside64Bits(text string) string {
	return "the integer " + shorten(text) + " is outside 64 bits"
}

// shorten keeps a message readable when what it quotes is not.
func shorten(text string) string {
	const most = 40
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
