package match

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAddressesAreReadWithPortsAndBrackets(t *testing.T) { //nolint:paralleltest // AllocsPerRun
	for text, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "192.0.2.1:443": "192.0.2.1", "192.0.2.1:0": "192.0.2.1",
		"[2001:db8::1]:443": "2001:db8::1", "fe80::1%eth0": "fe80::1", "[fe80::1%eth0]:80": "fe80::1",
		"::ffff:192.0.2.1": "192.0.2.1", "::ffff:c000:201": "192.0.2.1", "::": "::", "1::": "1::", "::1": "::1",
		"1:2:3:4:5:6:7:8": "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:1.2.3.4": "1:2:3:4:5:6:102:304", "ABCD::": "abcd::",
		"1:2:3:4:5:6:7::": "1:2:3:4:5:6:7:0", "::1:80": "::1:80",
	} {
		got, ok := ParseAddress(text)
		assert.True(t, ok, text)
		assert.Equal(t, want, got.String(), text)
	}
	for _, text := range []string{
		"", "localhost", "192.0.2", "192.0.2.1.1", "192.0.2.256", "192.0.02.1", "192.0.2.1:", "192.0.2.1:x",
		"192.0.2.1:65536", "192.0.2.1:123456", "192.0.2.1]", "[192.0.2.1]:80", "[2001:db8::1]", "[::1", "[::1]80",
		"[::1]:", "::1::", ":1", "1:", ":::", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:1.2.3.4", "12345::", "g::",
		"1:2:3:4:5:6:7:8::", "%eth0", " 192.0.2.1", "192.0.2.1 ", "::1.2.3", "+1.2.3.4", strings.Repeat("1:", 1000),
	} {
		_, ok := ParseAddress(text)
		assert.False(t, ok, text)
	}
	for _, text := range []string{"no address", "1:2:3", "192.0.2.1:443", "[2001:db8::1]:443"} {
		assert.Zero(t, testing.AllocsPerRun(10, func() { ParseAddress(text) }), text)
	}
}

// FuzzParseAddress holds the reader to netip's, for texts without zones, ports and brackets.
func FuzzParseAddress(f *testing.F) {
	for _, text := range []string{
		"192.0.2.1", "2001:db8::1", "::ffff:1.2.3.4", "1:2:3:4:5:6:7::", "::", "1::2::3", "1.2.3",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := ParseAddress(text)
		if strings.ContainsAny(text, "%[]") || strings.Count(text, ":") == 1 {
			return
		}
		want, err := netip.ParseAddr(text)
		require.Equal(t, err == nil, ok, text)
		if ok {
			require.Equal(t, want.Unmap(), got, text)
		}
	})
}
