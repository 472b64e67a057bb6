package match

import (
	"fmt"
	"net/netip"
	"strings"
)

// ParsePrefix reads a CIDR prefix in the form that conditions compare: without a zone, an IPv4
// prefix that is mapped to IPv6 as IPv4, and with cleared host bits. problem says why the text is
// not a prefix; it is "" if it is one.
func ParsePrefix(text string) (prefix netip.Prefix, problem string) {
	address, bits, slash := strings.Cut(text, "/")
	if !slash {
		return netip.Prefix{}, fmt.Sprintf("%q has no prefix length (such as %q)", Brief(text), "10.0.0.0/8")
	}
	address, _, _ = strings.Cut(address, "%")
	prefix, err := netip.ParsePrefix(address + "/" + bits)
	if err != nil {
		return netip.Prefix{}, fmt.Sprintf("%q is not a CIDR prefix (such as %q)", Brief(text), "10.0.0.0/8")
	}
	const mapped = 96 // the number of bits before the IPv4 address
	if prefix.Addr().Is4In6() && prefix.Bits() >= mapped {
		prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-mapped)
	}
	return prefix.Masked(), ""
}
