package match

import (
	"net/netip"
	"strings"
)

// ParseAddress reads an IP address like netip.ParseAddr, with three differences. It ignores a zone,
// because prefixes have none. It accepts addresses with a port, in the forms of net/http:
// "192.0.2.1:443" and "[2001:db8::1]:443". It returns false instead of an error, so that an invalid
// address allocates nothing. An IPv4 address that is mapped to IPv6 is returned as IPv4.
func ParseAddress(text string) (netip.Addr, bool) {
	if strings.HasPrefix(text, "[") {
		end := strings.IndexByte(text, ']')
		if end < 0 || end == len(text)-1 || !isPort(text[end+1:]) || strings.IndexByte(text[:end], ':') < 0 {
			return netip.Addr{}, false
		}
		text = text[1:end]
	} else if i := strings.IndexByte(text, ':'); i == strings.LastIndexByte(text, ':') && i >= 0 {
		if !isPort(text[i:]) {
			return netip.Addr{}, false
		}
		text = text[:i]
	}
	if i := strings.IndexByte(text, '%'); i > 0 {
		text = text[:i]
	}
	if strings.IndexByte(text, ':') < 0 {
		four, ok := parseFour(text)
		return netip.AddrFrom4(four), ok
	}
	sixteen, ok := parseSixteen(text)
	return netip.AddrFrom16(sixteen).Unmap(), ok
}

// isPort reports whether the text is a colon and a port number.
func isPort(text string) bool {
	number, size := 0, len(text)-1
	for i := 1; i <= size; i++ {
		if text[i] < '0' || text[i] > '9' || size > len("65535") {
			return false
		}
		number = number*10 + int(text[i]-'0')
	}
	return text[0] == ':' && size > 0 && number <= 65535
}

// parseFour reads four decimal numbers without leading zeros.
func parseFour(text string) (address [4]byte, ok bool) {
	for i := range address {
		part := text
		if i < len(address)-1 {
			var more bool
			if part, text, more = strings.Cut(text, "."); !more {
				return address, false
			}
		}
		if part == "" || len(part) > len("255") || len(part) > 1 && part[0] == '0' {
			return address, false
		}
		number := 0
		for j := range len(part) {
			if part[j] < '0' || part[j] > '9' {
				return address, false
			}
			number = number*10 + int(part[j]-'0')
		}
		if number > 255 {
			return address, false
		}
		address[i] = byte(number)
	}
	return address, true
}

// parseSixteen reads groups of hexadecimal digits (RFC 4291, 2.2). "::" may replace several groups
// of zeros, and four decimal numbers may replace the last two groups.
func parseSixteen(text string) (address [16]byte, ok bool) {
	at, gap := 0, -1
	if strings.HasPrefix(text, "::") {
		gap, text = 0, text[2:]
	}
	for text != "" {
		if at == len(address) {
			return address, false
		}
		if strings.IndexByte(text, ':') < 0 && strings.IndexByte(text, '.') >= 0 {
			four, ok := parseFour(text)
			if !ok || at > len(address)-len(four) {
				return address, false
			}
			at += copy(address[at:], four[:])
			break
		}
		group, digits := hexadecimal(text)
		if digits == 0 {
			return address, false
		}
		address[at], address[at+1] = byte(group>>8), byte(group)
		at += 2
		if text = text[digits:]; text == "" {
			break
		}
		if text[0] != ':' || len(text) == 1 {
			return address, false
		}
		if text = text[1:]; text[0] == ':' {
			if gap >= 0 {
				return address, false
			}
			gap, text = at, text[1:]
		}
	}
	if at == len(address) {
		return address, gap < 0
	}
	if gap < 0 {
		return address, false
	}
	moved := copy(address[len(address)-(at-gap):], address[gap:at])
	clear(address[gap : len(address)-moved])
	return address, true
}

// hexadecimal reads one to four hexadecimal digits. It returns 0 digits if there are none or more
// than four.
func hexadecimal(text string) (group uint16, digits int) {
	for ; digits < len(text); digits++ {
		c := text[digits]
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return group, digits
		}
		if digits == 4 {
			return 0, 0
		}
		group = group<<4 | uint16(c)
	}
	return group, digits
}
