package web

import (
	"cmp"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// Lengths in bytes, and the number of renewed headers.
const (
	// A shorter secret is hidden only if it is a whole word. Otherwise errors would be unreadable.
	minSecret  = 4
	minKey     = 16       // the least length of a text that looks like a key
	minSegment = 6        // the least length of a segment of a configured path that may be a key
	maxRead    = 64 << 10 // the rest of a longer error is dropped before secrets are removed
	maxShown   = 1 << 10  // the rest of a longer error is dropped after secrets are removed
	maxRecent  = 4        // renewed headers that are hidden; a server may repeat an earlier one
)

const hidden = "***"

// Redactor removes secrets from texts: the configured secrets, in each form in which net/http or a
// server may repeat them, and all texts that look like keys, because a redirect may lead to an
// address that contains one. The zero Redactor hides only texts that look like keys.
type Redactor struct {
	host     string   // is never hidden
	texts    []string // secrets that are hidden everywhere, the longest first
	words    []string // secrets shorter than minSecret, which are hidden as whole words
	verdicts []string // secrets that no validator may contain; none is a part of an ordinary ETag

	mutex   sync.Mutex
	recent  []http.Header            // the last arguments of Renew, the latest first
	renewed atomic.Pointer[Redactor] // hides the secrets of recent too; nil if recent is empty
}

// NewRedactor returns a redactor for the errors of requests with these addresses and this header.
// It reads the credentials of proxies from the environment. It never hides the host. The redactor
// is safe for concurrent use.
func NewRedactor(host string, addresses []*url.URL, header http.Header) *Redactor {
	r := &Redactor{host: host}
	for _, u := range addresses {
		r.address(u)
	}
	for name, values := range header {
		for _, value := range values {
			r.header(name, value)
		}
	}
	r.proxies()
	r.ready()
	return r
}

// Renew adds a header whose values are hidden too. The Redactor hides the values of the last four
// headers that Renew has received.
func (r *Redactor) Renew(header http.Header) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if len(r.recent) > 0 && maps.EqualFunc(header, r.recent[0], slices.Equal) {
		return
	}
	r.recent = append([]http.Header{header}, r.recent[:min(len(r.recent), maxRecent-1)]...)
	next := &Redactor{
		host: r.host, texts: slices.Clone(r.texts), words: slices.Clone(r.words), verdicts: slices.Clone(r.verdicts),
	}
	for _, header := range r.recent {
		for name, values := range header {
			for _, value := range values {
				next.header(name, value)
			}
		}
	}
	next.ready()
	r.renewed.Store(next)
}

// Text returns a text without its secrets, cut to about a kilobyte.
func (r *Redactor) Text(text string) string {
	if next := r.renewed.Load(); next != nil {
		r = next
	}
	text = text[:min(len(text), maxRead)]
	for _, secret := range r.texts {
		text = strings.ReplaceAll(text, secret, hidden)
	}
	for _, word := range r.words {
		text = replaceWord(text, word)
	}
	text = r.withoutKeys(text)
	if len(text) > maxShown {
		text = strings.ToValidUTF8(text[:maxShown], "") + "…"
	}
	return text
}

// Repeats reports whether a text that the client would store, such as an ETag, contains a secret.
func (r *Redactor) Repeats(text string) bool {
	if next := r.renewed.Load(); next != nil {
		r = next
	}
	return slices.ContainsFunc(r.verdicts, func(secret string) bool { return strings.Contains(text, secret) })
}

// credential hides a text of any length in all its forms.
func (r *Redactor) credential(text string) {
	if len(text) < minSecret {
		if text != "" {
			r.words = append(r.words, text)
		}
		return
	}
	if len(text) >= minSegment {
		r.verdicts = append(r.verdicts, text)
	}
	r.hide(text)
}

// hide hides a text in all its forms, unless it is short.
func (r *Redactor) hide(text string) {
	if len(text) < minSecret {
		return
	}
	r.texts = append(r.texts, text, url.QueryEscape(text), url.PathEscape(text))
	for _, quote := range [...]func(string) string{strconv.Quote, strconv.QuoteToASCII} {
		once := unquoted(quote(text)) // net/http quotes texts, and may quote them twice
		r.texts = append(r.texts, once, unquoted(quote(once)))
	}
}

func unquoted(text string) string { return text[1 : len(text)-1] }

// encoded hides the base64 form of a text, with padding and without.
func (r *Redactor) encoded(text string) {
	for _, e := range [...]*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		whole := e.EncodeToString([]byte(text))
		r.credential(whole)
		r.credential(strings.TrimRight(whole, "="))
	}
}

func (r *Redactor) user(user *url.Userinfo) {
	if user == nil {
		return
	}
	password, _ := user.Password()
	r.credential(user.String())
	r.credential(password)
	r.hide(user.Username())
	r.encoded(user.Username() + ":" + password)
}

// address hides the parts of a URL: the whole URL, its user and password, its whole path and those
// segments that may be keys, its whole query and each value in it.
func (r *Redactor) address(u *url.URL) {
	r.user(u.User)
	for _, text := range [...]string{u.String(), u.RequestURI(), u.RawQuery, u.Path, u.EscapedPath()} {
		r.hide(text)
	}
	for _, values := range u.Query() {
		for _, value := range values {
			r.hide(value)
			if looksLikeKey(value) {
				r.credential(value)
			}
		}
	}
	for segment := range strings.SplitSeq(u.EscapedPath(), "/") {
		plain, err := url.PathUnescape(segment)
		if err != nil {
			plain = segment
		}
		for _, text := range [...]string{segment, plain, strings.TrimSuffix(plain, path.Ext(plain))} {
			if mayBeKey(text) {
				r.hide(text)
			}
			if looksLikeKey(text) {
				r.credential(text)
			}
		}
	}
}

// header hides a header's value and its parts: the token after "Bearer" and a cookie's value, of
// any length, and the user and password of "Basic".
func (r *Redactor) header(name, value string) {
	r.words = append(r.words, value)
	r.hide(value)
	const separators = " \t,;=\""
	scheme, rest, _ := strings.Cut(strings.TrimSpace(value), " ")
	secret := name == "Authorization" || name == "Cookie" || name == "Proxy-Authorization"
	if secret && !strings.ContainsAny(strings.TrimRight(rest, "="), separators) {
		r.credential(rest)
	}
	if cookies, err := http.ParseCookie(value); err == nil && name == "Cookie" {
		for _, cookie := range cookies {
			r.credential(cookie.Value)
		}
	}
	for _, part := range strings.FieldsFunc(value, func(c rune) bool { return strings.ContainsRune(separators, c) }) {
		switch {
		case secret && len(part) > len("Bearer"), looksLikeKey(part):
			r.credential(part)
		case len(part) > len("Bearer"):
			r.hide(part)
		}
	}
	if !strings.EqualFold(scheme, "Basic") {
		return
	}
	rest = strings.TrimRight(strings.TrimSpace(rest), "=")
	r.credential(rest)
	if plain, err := base64.RawStdEncoding.DecodeString(rest); err == nil {
		name, password, _ := strings.Cut(string(plain), ":")
		r.user(url.UserPassword(name, password))
		r.hide(string(plain))
	}
}

// proxies hides the credentials of the proxies that the environment names.
func (r *Redactor) proxies() {
	for _, name := range [...]string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		if u, err := url.Parse(os.Getenv(name)); err == nil {
			r.user(u.User)
		}
	}
}

// ready sorts the secrets and removes duplicates. Longer texts come first, because a shorter text
// may be a part of a longer one.
func (r *Redactor) ready() {
	slices.SortFunc(r.texts, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	r.texts = slices.Compact(r.texts)
	slices.Sort(r.words)
	r.words = slices.Compact(r.words)
}

// withoutKeys hides each run of characters that looks like a key.
func (r *Redactor) withoutKeys(text string) string {
	var b strings.Builder
	for begin := 0; begin < len(text); {
		end := begin
		for end < len(text) && isKeyByte(text[end]) {
			end++
		}
		if run := text[begin:end]; looksLikeKey(run) && !strings.Contains(r.host, run) {
			b.WriteString(hidden)
		} else {
			b.WriteString(run)
		}
		for begin = end; begin < len(text) && !isKeyByte(text[begin]); begin++ {
			b.WriteByte(text[begin])
		}
	}
	return b.String()
}

func isKeyByte(c byte) bool {
	return isAlphanumeric(c) || c == '-' || c == '_' || c == '+' || c == '~' || c == '='
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// looksLikeKey reports whether a text looks like random letters and digits, and not like words and
// numbers. It counts changes between capital letters, small letters and digits. The change after a
// capital at the beginning of a word does not count. A long run of letters and digits also looks
// like a key.
func looksLikeKey(text string) bool {
	if len(text) < minKey {
		return false
	}
	changes, length, longest, last := 0, 0, 0, byte(0)
	for i := range len(text) {
		class := classOf(text[i])
		if class == 0 {
			length = 0
			continue
		}
		length++
		longest = max(longest, length)
		if last != 0 && class != last && (last != 'A' || class != 'a') {
			changes++
		}
		last = class
	}
	return changes >= 4 || longest >= 2*minKey
}

func classOf(c byte) byte {
	switch {
	case 'a' <= c && c <= 'z':
		return 'a'
	case 'A' <= c && c <= 'Z':
		return 'A'
	case '0' <= c && c <= '9':
		return '0'
	}
	return 0
}

// mayBeKey reports whether a segment of a configured path may be a key, because it is not a word of
// small letters or is a long one. The check is broad, because hiding too much of a path does not
// make errors harder to understand.
func mayBeKey(segment string) bool {
	if len(segment) < minSegment {
		return false
	}
	word := strings.TrimSuffix(segment, path.Ext(segment))
	for _, c := range []byte(word) {
		if c < 'a' || c > 'z' {
			return true
		}
	}
	return len(word) >= minKey
}

// replaceWord hides a short text if it is a whole word, and not a part of a number, an address or
// another word.
func replaceWord(text, word string) string {
	if word == "" || len(word) >= minSecret {
		return text
	}
	var b strings.Builder
	rest := 0
	for at := 0; ; {
		next := strings.Index(text[at:], word)
		if next < 0 {
			b.WriteString(text[rest:])
			return b.String()
		}
		at += next
		end := at + len(word)
		if (at == 0 || !isJoint(text[at-1])) && (end == len(text) || !isJoint(text[end])) {
			b.WriteString(text[rest:at] + hidden)
			rest = end
		}
		at = end
	}
}

func isJoint(c byte) bool { return isAlphanumeric(c) || strings.IndexByte("._-/", c) >= 0 }
