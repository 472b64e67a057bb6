package becket

import (
	"bytes"
	"math"
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
	if u, err := strconv.ParseUint(text, 10, 64); err == nil {
		return UintValue(u), ""
	}
	if !strings.ContainsAny(text, ".eE") {
		return Value{}, outside64Bits(text)
	}
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil:
		return Value{}, tooLarge(text)
	case f < -1<<63 || f > 1<<64:
		return Value{}, outside64Bits(text)
	case f > -1<<53 && f < 1<<53:
		return FloatValue(f), ""
	}
	return parseLargeNumber(text, f)
}

// parseLargeNumber reads a number that a float64 cannot hold exactly.
func parseLargeNumber(text string, f float64) (value Value, problem string) {
	const digits = 1000 // further ones cannot matter to 64 bits, and must not cost
	exact, ok := new(big.Rat), false
	if len(text) <= digits {
		_, ok = exact.SetString(text)
	}
	switch whole := ok && exact.IsInt(); {
	case whole && exact.Num().IsInt64():
		return IntValue(exact.Num().Int64()), ""
	case whole && exact.Num().IsUint64():
		return UintValue(exact.Num().Uint64()), ""
	case whole || f >= 1<<64:
		return Value{}, outside64Bits(text)
	}
	return FloatValue(f), ""
}

// parseDecimal is parseNumber for places where a float is meant: a number beyond 64 bits is the nearest float64.
func parseDecimal(text string) (value Value, problem string) {
	if value, problem = parseNumber(text); problem == "" {
		return value, ""
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return Value{}, tooLarge(text)
	}
	return DecimalValue(f), ""
}

// overflows reports whether no float64 can hold a number of JSON.
func overflows(number []byte) bool {
	const short = 300 // digits that a float64 holds
	if len(number) <= short && bytes.IndexByte(number, 'e') < 0 && bytes.IndexByte(number, 'E') < 0 {
		return false
	}
	_, err := strconv.ParseFloat(string(number), 64)
	return err != nil
}

// attributeNumber reads a number that a program passes as a text: an integer from -2^63 to 2^64-1, else the nearest float64. It
// returns false for a text that is no number and for one that no float64 can hold.
func attributeNumber(text string) (Value, bool) {
	if strings.Trim(text, "+-0123456789.eE") != "" {
		return Value{}, false
	}
	if value, problem := parseNumber(text); problem == "" {
		if value.number == 0 && strings.HasPrefix(text, "-") {
			return FloatValue(math.Copysign(0, -1)), true
		}
		return value, true
	}
	f, err := strconv.ParseFloat(text, 64)
	return DecimalValue(f), err == nil
}

func tooLarge(text string) string { return "the number " + shorten(text) + " is too large" }

func outside64Bits(text string) string {
	return "the integer " + shorten(text) + " is outside 64 bits"
}

// shorten keeps a message readable that quotes a text.
func shorten(text string) string { return cut(text, 40) }

// cut returns the beginning of a text of more than that many bytes.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
