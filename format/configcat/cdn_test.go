package configcat_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/format/configcat"
	"github.com/becketflags/becket/internal/web"
)

const testKey = "configcat-sdk-1/0123456789abcdefghijkl/ABCDEFGHIJKLMNOPQRSTUV"

// roundTrip is a transport that answers without a network.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(code int, body, etag string) *http.Response {
	header := http.Header{}
	if etag != "" {
		header.Set("Etag", etag)
	}
	return &http.Response{StatusCode: code, Header: header, Body: io.NopCloser(strings.NewReader(body))}
}

// network serves configs by base address and records the requests.
type network struct {
	configs map[string]string // maps an address to its document; a fetch from another address fails
	asked   []string
	headers []http.Header
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	base := r.URL.Scheme + "://" + r.URL.Host
	n.asked = append(n.asked, base)
	n.headers = append(n.headers, r.Header.Clone())
	body, ok := n.configs[base]
	if !ok {
		return nil, fmt.Errorf("no route to %s", r.URL)
	}
	etag := fmt.Sprintf("%q", fmt.Sprint(len(body), base))
	if r.Header.Get("If-None-Match") == etag {
		return answer(http.StatusNotModified, "", etag), nil
	}
	return answer(http.StatusOK, body, etag), nil
}

func (n *network) poll(t *testing.T, source becket.Source, last becket.Validator) (becket.Document, []string, error) {
	t.Helper()
	n.asked, n.headers = nil, nil
	document, err := source.Fetch(t.Context(), last)
	return document, n.asked, err
}

func (n *network) client() configcat.Option {
	return configcat.WithHTTP(becket.WithHTTPClient(&http.Client{Transport: n}))
}

func config(u string, r int, flags bool) string {
	if !flags {
		return fmt.Sprintf(`{"p":{"u":%q,"r":%d}}`, u, r)
	}
	return fmt.Sprintf(`{"p":{"u":%q,"r":%d},"f":{"x":{"t":0,"v":{"b":true}}}}`, u, r)
}

func TestDataGovernanceOfTheSuite(t *testing.T) {
	file := readJSON[struct {
		Scenarios []struct {
			Name      string            `json:"name"`
			Start     string            `json:"start"`
			Custom    bool              `json:"custom"`
			Responses map[string][3]any `json:"responses"`
			Polls     [][]string        `json:"polls"`
		} `json:"scenarios"`
	}](t, suite(t, "cases", "data_governance.json"))
	require.NotEmpty(t, file.Scenarios)
	for _, s := range file.Scenarios {
		t.Run(s.Name, func(t *testing.T) {
			net := &network{configs: map[string]string{}}
			for base, r := range s.Responses {
				net.configs[base] = config(fmt.Sprint(r[0]), modeOf(r[1]), r[2] == true)
			}
			options := []configcat.Option{net.client()}
			switch {
			case s.Custom:
				options = append(options, configcat.WithBaseURL(s.Start))
			case s.Start == "https://cdn-eu.configcat.com":
				options = append(options, configcat.WithEUOnly())
			default:
				require.Equal(t, "https://cdn-global.configcat.com", s.Start)
			}
			source := configcat.CDN(testKey, options...)
			for _, want := range s.Polls {
				document, asked, err := net.poll(t, source, becket.Validator{})
				require.NoError(t, err)
				assert.Equal(t, want, asked)
				assert.Equal(t, net.configs[want[len(want)-1]], string(document.Body))
			}
		})
	}
}

func modeOf(v any) int {
	mode, _ := v.(float64)
	return int(mode)
}

func TestSDKKeysOfTheSuite(t *testing.T) {
	file := readJSON[struct {
		Cases []struct {
			Key    string `json:"sdkKey"`
			Custom bool   `json:"customBaseUrl"`
			Valid  bool   `json:"valid"`
		} `json:"cases"`
	}](t, suite(t, "cases", "sdk_key_format.json"))
	require.NotEmpty(t, file.Cases)
	for _, c := range file.Cases {
		checkKey(t, c.Key, c.Custom, c.Valid)
	}
}

func TestAnSDKKeyHasTwoPartsOf22Characters(t *testing.T) {
	const a, b = "0123456789abcdefghijkl", "ABCDEFGHIJKLMNOPQRSTUV"
	for key, valid := range map[string]bool{
		a + "/" + b: true, "configcat-sdk-1/" + a + "/" + b: true, "": false, "/": false, a: false, a + b: false,
		a + "/" + b + "/": false, "/" + a + "/" + b: false, a + "/" + b + "x": false, a[1:] + "/" + b: false,
		"configcat-sdk-2/" + a + "/" + b: false, "configcat-sdk-1/configcat-sdk-1/" + a + "/" + b: false,
		"configcat-proxy/x": false, "configcat-proxy/": false,
	} {
		checkKey(t, key, false, valid)
	}
	checkKey(t, "configcat-proxy/x", true, true)
	checkKey(t, "configcat-proxy/", true, false)
	checkKey(t, a+"/"+b, true, true)
}

// mistake returns the error of a source's Check.
func mistake(t *testing.T, source becket.Source) error {
	t.Helper()
	checker, ok := source.(becket.Checker)
	require.True(t, ok)
	return checker.Check()
}

func checkKey(t *testing.T, key string, custom, valid bool) {
	t.Helper()
	var options []configcat.Option
	if custom {
		options = append(options, configcat.WithBaseURL("https://proxy.example.com"))
	}
	source := configcat.CDN(key, options...)
	err := mistake(t, source)
	if valid {
		assert.NoError(t, err, key)
		return
	}
	require.Error(t, err, key)
	if len(key) > len("configcat-proxy/") { // shorter ones are words of the message
		assert.NotContains(t, err.Error(), key)
	}
	_, fetchErr := source.Fetch(t.Context(), becket.Validator{})
	assert.Equal(t, err, fetchErr, "nothing is fetched with an invalid key")
}

func TestTheAddressAndHeadersOfARequest(t *testing.T) {
	var request *http.Request
	client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		request = r
		a := answer(http.StatusOK, `{"f":{}}`, `"next"`)
		a.Header.Set("Last-Modified", "Mon, 02 Jan 2006 15:04:06 GMT") // useless at another address
		return a, nil
	})}
	source := configcat.CDN("configcat-proxy/a b/c?d", configcat.WithBaseURL("https://proxy.example.com:8443/sub/"),
		configcat.WithHeader("Authorization", "Bearer secret"), configcat.WithHTTP(becket.WithHTTPClient(client)))
	document, err := source.Fetch(t.Context(),
		becket.Validator{ETag: `W/"last"`, LastModified: "Mon, 02 Jan 2006 15:04:05 GMT"})
	require.NoError(t, err)
	assert.Equal(t, "https://proxy.example.com:8443/sub/configuration-files/configcat-proxy/a%20b/c%3Fd/config_v6.json",
		request.URL.String())
	assert.Equal(t, `W/"last"`, request.Header.Get("If-None-Match"))
	assert.Empty(t, request.Header.Get("If-Modified-Since"))
	assert.Equal(t, "Bearer secret", request.Header.Get("Authorization"))
	assert.Equal(t, "ConfigCat-becket/a-"+web.Version, request.Header.Get("X-Configcat-Useragent"))
	assert.Equal(t, becket.Validator{ETag: `"next"`}, document.Validator)
}

func TestAnUnchangedConfigIsNotSentAgain(t *testing.T) {
	const global = "https://cdn-global.configcat.com"
	net := &network{configs: map[string]string{global: config(global, 0, true)}}
	source := configcat.CDN(testKey, net.client())
	first, _, err := net.poll(t, source, becket.Validator{})
	require.NoError(t, err)
	second, asked, err := net.poll(t, source, first.Validator)
	require.NoError(t, err)
	assert.True(t, second.NotModified)
	assert.Equal(t, first.Validator, second.Validator)
	assert.Equal(t, []string{global}, asked)
}

func TestRedirects(t *testing.T) {
	const (
		global = "https://cdn-global.configcat.com"
		own    = "https://proxy.example.com"
		other  = "https://other.example.com"
		third  = "https://third.example.com"
	)
	cases := map[string]struct {
		configs map[string]string
		options []configcat.Option
		polls   [][]string
		err     error
	}{
		"a slash at the end does not change the address": {
			map[string]string{global: config(global+"/", 2, true)}, nil, [][]string{{global}}, nil,
		},
		"without preferences nothing is followed": {
			map[string]string{global: `{"f":{}}`}, nil, [][]string{{global}, {global}}, nil,
		},
		"a body that is no JSON is left to the format": {
			map[string]string{global: `{"p":`}, nil, [][]string{{global}}, nil,
		},
		"an address of one's own is left when forced": {
			map[string]string{own: config(other, 2, false), other: config(other, 2, true)},
			[]configcat.Option{configcat.WithBaseURL(own)}, [][]string{{own, other}, {other}}, nil,
		},
		"an address of one's own is kept otherwise": {
			map[string]string{own: config(other, 0, true)}, []configcat.Option{configcat.WithBaseURL(own)},
			[][]string{{own}, {own}}, nil,
		},
		"two redirects in one fetch are fine": {
			map[string]string{
				global: config(other, 1, false), other: config(third, 2, false), third: config(third, 0, true),
			}, nil, [][]string{{global, other, third}, {third}}, nil,
		},
		"a third one is a loop": {
			map[string]string{global: config(other, 1, true), other: config(global, 1, true)}, nil,
			[][]string{{global, other, global}}, configcat.ErrRedirectLoop,
		},
		"nothing leads from https to http": {
			map[string]string{global: config("http://other.example.com", 2, true)}, nil, [][]string{{global}},
			web.ErrRedirect,
		},
		"a redirect to an invalid address is refused": {
			map[string]string{global: config("cdn", 2, true)}, nil, [][]string{{global}}, web.ErrRedirect,
		},
		"the European CDN is asked first by option": {
			map[string]string{"https://cdn-eu.configcat.com": config("https://cdn-eu.configcat.com", 0, true)},
			[]configcat.Option{configcat.WithEUOnly()}, [][]string{{"https://cdn-eu.configcat.com"}}, nil,
		},
		"an address of one's own counts more than the EU": {
			map[string]string{own: config(own, 0, true)},
			[]configcat.Option{configcat.WithBaseURL(own), configcat.WithEUOnly()}, [][]string{{own}}, nil,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			net := &network{configs: c.configs}
			source := configcat.CDN(testKey, append(c.options, net.client())...)
			for _, want := range c.polls {
				document, asked, err := net.poll(t, source, becket.Validator{})
				assert.Equal(t, want, asked)
				if c.err != nil {
					require.ErrorIs(t, err, c.err)
					continue
				}
				require.NoError(t, err)
				assert.Equal(t, c.configs[want[len(want)-1]], string(document.Body))
			}
		})
	}
}

func TestAHeaderGoesToTheFirstAddressAlone(t *testing.T) {
	const own, other = "https://proxy.example.com", "https://other.example.com"
	net := &network{configs: map[string]string{own: config(other, 2, false), other: config(other, 2, true)}}
	source := configcat.CDN(testKey, net.client(), configcat.WithBaseURL(own),
		configcat.WithHeader("X-Token", "secret"))
	_, asked, err := net.poll(t, source, becket.Validator{})
	require.NoError(t, err)
	require.Equal(t, []string{own, other}, asked)
	assert.Equal(t, "secret", net.headers[0].Get("X-Token"))
	assert.Empty(t, net.headers[1].Get("X-Token"))
}

func TestAnAddressThatFailsIsForgotten(t *testing.T) {
	const global, eu = "https://cdn-global.configcat.com", "https://cdn-eu.configcat.com"
	net := &network{configs: map[string]string{global: config(eu, 0, true), eu: config(eu, 0, true)}}
	source := configcat.CDN(testKey, net.client())
	for _, want := range []string{global, eu} {
		_, asked, err := net.poll(t, source, becket.Validator{})
		require.NoError(t, err)
		require.Equal(t, []string{want}, asked)
	}
	delete(net.configs, eu)
	_, asked, err := net.poll(t, source, becket.Validator{})
	require.Error(t, err)
	require.Equal(t, []string{eu}, asked)
	_, asked, err = net.poll(t, source, becket.Validator{})
	require.NoError(t, err)
	assert.Equal(t, []string{global}, asked)
}

func TestTheKeyIsInNoError(t *testing.T) {
	first, second, _ := strings.Cut(strings.TrimPrefix(testKey, "configcat-sdk-1/"), "/")
	inner := errors.New("inner")
	transports := map[string]roundTrip{
		"a failing transport whose error has the address": func(r *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("cannot reach %s (%s): %w", r.URL, second, inner)
		},
		"a status": func(*http.Request) (*http.Response, error) { return answer(http.StatusForbidden, "", ""), nil },
		"a redirect that is refused": func(r *http.Request) (*http.Response, error) {
			a := answer(http.StatusFound, "", "")
			a.Header.Set("Location", "ftp://other.example.com"+r.URL.Path)
			return a, nil
		},
	}
	for name, transport := range transports {
		t.Run(name, func(t *testing.T) {
			source := configcat.CDN(testKey,
				configcat.WithHTTP(becket.WithHTTPClient(&http.Client{Transport: transport})))
			_, err := source.Fetch(t.Context(), becket.Validator{})
			require.Error(t, err)
			for _, secret := range []string{testKey, first, second} {
				assert.NotContains(t, err.Error(), secret)
				assert.NotContains(t, fmt.Sprintf("%+v", err), secret)
			}
			if strings.Contains(name, "failing") {
				assert.ErrorIs(t, err, inner)
			}
		})
	}
	status, ok := errors.AsType[*becket.StatusError](func() error {
		client := &http.Client{Transport: transports["a status"]}
		_, err := configcat.CDN(testKey,
			configcat.WithHTTP(becket.WithHTTPClient(client))).Fetch(t.Context(), becket.Validator{})
		return err
	}())
	require.True(t, ok)
	assert.Equal(t, http.StatusForbidden, status.Code)
}

func TestMistakesInTheOptionsAreReported(t *testing.T) {
	for _, base := range []string{
		"", "cdn.example.com", "ftp://cdn.example.com", "https://cdn.example.com?x=1", "https://cdn.example.com/#x",
	} {
		assert.Error(t, mistake(t, configcat.CDN(testKey, configcat.WithBaseURL(base))), base)
	}
	assert.Error(t, mistake(t, configcat.CDN(testKey, configcat.WithHTTP(becket.WithTimeout(-1)))))
	assert.NoError(t, mistake(t, configcat.CDN(testKey, nil)))
}

func TestSourcesOfDifferentConfigsHaveDifferentNames(t *testing.T) {
	names := map[string]bool{}
	for _, source := range []becket.Source{
		configcat.CDN(testKey), configcat.CDN(testKey + "x"),
		configcat.CDN(testKey, configcat.WithBaseURL("https://a.example.com")),
		configcat.CDN(testKey, configcat.WithBaseURL("https://b.example.com")),
		configcat.CDN(testKey, configcat.WithBaseURL("https://a.example.com"), configcat.WithHeader("X-Team", "shop")),
		configcat.CDN(testKey, configcat.WithBaseURL("https://a.example.com"), configcat.WithHeader("X-Team", "depot")),
	} {
		names[source.Identity()] = true
	}
	assert.Len(t, names, 6)
	assert.Equal(t, configcat.CDN(testKey).Identity(), configcat.CDN(testKey, configcat.WithEUOnly()).Identity())
}

func TestCacheOfTheSuite(t *testing.T) {
	file := readJSON[struct {
		Keys []struct {
			SDKKey string `json:"sdkKey"`
			Key    string `json:"key"`
		} `json:"cacheKeys"`
		Payload struct {
			FetchTime time.Time `json:"fetchTime"`
			ETag      string    `json:"etag"`
			Config    string    `json:"configJson"`
			Payload   string    `json:"payload"`
		} `json:"payload"`
	}](t, suite(t, "cases", "cache.json"))
	require.NotEmpty(t, file.Keys)
	for _, c := range file.Keys {
		assert.Equal(t, c.Key, configcat.CacheKey(c.SDKKey))
	}
	p := file.Payload
	checkCacheEntry(t, configcat.CacheEntry{FetchedAt: p.FetchTime, ETag: p.ETag, Config: []byte(p.Config)}, p.Payload)
}

func checkCacheEntry(t *testing.T, entry configcat.CacheEntry, payload string) {
	t.Helper()
	written, err := entry.MarshalText()
	require.NoError(t, err)
	assert.Equal(t, payload, string(written))
	var read configcat.CacheEntry
	require.NoError(t, read.UnmarshalText([]byte(payload)))
	assert.Equal(t, entry, read)
}

func TestCacheEntries(t *testing.T) {
	assert.Equal(t, "7f845c43ecc95e202b91e271435935e6d1391e5d", configcat.CacheKey("test1"))
	checkCacheEntry(t,
		configcat.CacheEntry{FetchedAt: time.UnixMilli(1_700_000_000_123).UTC(), ETag: "", Config: []byte("{\n}")},
		"1700000000123\n\n{\n}")
	for _, payload := range []string{"", "1", "1\n", "1\netag", "x\netag\n{}", "1.5\netag\n{}"} {
		entry := configcat.CacheEntry{ETag: "kept"}
		assert.Error(t, entry.UnmarshalText([]byte(payload)), payload)
		assert.Equal(t, "kept", entry.ETag)
	}
	marshalled, err := json.Marshal(configcat.CacheEntry{FetchedAt: time.UnixMilli(1), ETag: "e", Config: []byte("{}")})
	require.NoError(t, err)
	assert.Equal(t, `"1\ne\n{}"`, string(marshalled))
}
