package match

import (
	"fmt"
	"net/netip"
	"strings"
)

// ParsePrefix reads a CIDR prefix as conditions compare it: without its zone, v4-in-v6 as v4, host
// bits cleared. The problem says why the text is none, "" where it is one.
func ParsePrefix(text string) (prefix netip.Prefix, problem string) {
	address, bits, slash := strings.Cut(text, "/")
	if !slash {
		return netip.Prefix{}, fmt.Sprintf("%q has no prefix length (such as %q)", Brief(text), "10.0.0.0/8")
	}
	address, _, _ = strings.Cut(address, "%")
	prefix, err := netip.ParsePrefix(address + "/" + bits)
	if err != nil {
		return netip.Prefix{}, fmt.Sprintf("%q is no CIDR prefix (such as %q)", Brief(text), "10.0.0.0/8")
	}
	const mapped = 96 // the bits before the v4 address
	if prefix.Addr().Is4In6() && prefix.Bits() >= mapped {
		prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-mapped)
	}
	return prefix.Masked(), ""
}
