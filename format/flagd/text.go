package flagd

import (
	"strings"
	"unicode/utf8"
)

// cat joins texts. If there are two or more texts, it trims both ends of the joined text, as flagd
// does.
func (e *evaluation) cat(args []datum, single bool) datum {
	switch {
	case single && args[0].kind == kindText:
		return args[0]
	case single:
		return e.fail()
	case len(args) == 0:
		return text("")
	case len(args) == 1:
		written, ok := args[0].written()
		if !ok {
			return e.fail()
		}
		return text(written)
	}
	var b strings.Builder
	for i := range args {
		written, ok := args[i].written()
		if !ok || !e.spend(1) || !e.make(len(written)) {
			return e.fail()
		}
		b.WriteString(written)
	}
	return text(strings.TrimSpace(b.String()))
}

// substr cuts a text by code points.
func (e *evaluation) substr(args []datum, single bool) datum {
	if single || len(args) < 2 {
		return e.fail()
	}
	written, ok := args[0].written()
	start, okStart := e.arithmetic(&args[1])
	if !ok || !okStart || !e.spend(1) || !e.make(len(written)) {
		return e.fail()
	}
	written = validText(written)
	length := int64(utf8.RuneCountInString(written))
	from := integer(start)
	if from < 0 {
		from += length
	}
	if from < 0 || from > length {
		return text(written)
	}
	to := length
	if len(args) == 3 {
		count, ok := e.arithmetic(&args[2])
		if !ok {
			return e.fail()
		}
		if to, ok = end(from, integer(count), length); !ok {
			return e.fail()
		}
	}
	cut := written[offset(written, from):]
	return text(cut[:offset(cut, to-from)])
}

// offset returns the number of bytes of the first code points of a valid text.
func offset(s string, runes int64) int {
	for at := range s {
		if runes == 0 {
			return at
		}
		runes--
	}
	return len(s)
}

// end returns the end of a cut that begins at from and has count code points. A negative count
// leaves out that number of code points at the end of the text. It fails if the end is before the
// beginning.
func end(from, count, length int64) (to int64, ok bool) {
	if count < 0 {
		to = length + count
	} else if to = length; count < length-from {
		to = from + count
	}
	return to, to >= from
}
