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

// Bounds of what errors hide and say.
const (
	// a shorter text is hidden only where it stands alone: others would make errors unreadable
	minSecret  = 4
	minKey     = 16       // of a text that looks like a key wherever it stands
	minSegment = 6        // of a segment of a configured path that may be a key
	maxRead    = 64 << 10 // bytes of an error that are looked at
	maxTold    = 1 << 10  // bytes of an error that are told
	maxRecent  = 4        // headers that were renewed: a server may repeat the one before
)

const hidden = "***"

// Redactor takes secrets out of texts: everything that was configured, in each way in which
// net/http or a server may repeat it, and everything that looks like a key, since a redirect may
// lead to an address that holds one. The zero Redactor hides the latter alone.
type Redactor struct {
	host     string   // is named in any case
	texts    []string // longest first
	words    []string // shorter than minSecret
	verdicts []string // what no validator may hold; nothing that is part of an ordinary ETag

	mutex   sync.Mutex
	recent  []http.Header            // that Renew was given, the last one first
	renewed atomic.Pointer[Redactor] // hides these as well; nil: there are none
}

// NewRedactor returns a redactor for the errors of requests with these addresses and this header.
// It reads the credentials of proxies from the environment. The host is named in any case. The
// redactor is safe for concurrent use.
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

// Renew hides a header too that was not known before, and the few that it was given last.
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

// Text returns a text without secrets, of bounded length.
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
	if len(text) > maxTold {
		text = strings.ToValidUTF8(text[:maxTold], "") + "…"
	}
	return text
}

// Repeats reports whether a text that is to be kept, such as an ETag, repeats a secret.
func (r *Redactor) Repeats(text string) bool {
	if next := r.renewed.Load(); next != nil {
		r = next
	}
	return slices.ContainsFunc(r.verdicts, func(secret string) bool { return strings.Contains(text, secret) })
}

// credential hides a text in all its spellings, however short it is.
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

// hide hides a text in all its spellings, unless it is short.
func (r *Redactor) hide(text string) {
	if len(text) < minSecret {
		return
	}
	r.texts = append(r.texts, text, url.QueryEscape(text), url.PathEscape(text))
	for _, quote := range [...]func(string) string{strconv.Quote, strconv.QuoteToASCII} {
		once := unquoted(quote(text)) // by net/http
		r.texts = append(r.texts, once, unquoted(quote(once)))
	}
}

func unquoted(text string) string { return text[1 : len(text)-1] }

// encoded hides base64 of a text. Where something follows the text before it is encoded, the last
// characters may differ.
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

// address hides a URL: the whole, its user and password, its path as a whole and the segments that
// may be keys, its query as a whole and each value.
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

// header hides a header's value, and its parts: the token behind "Bearer" and a cookie's value,
// however short they are, and the user and password of "Basic".
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

// ready sorts what was gathered. Longer texts go first, for one may be part of another.
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

// looksLikeKey tells random letters and digits from words and numbers, by how often they change
// between capital letters, small ones and digits. A capital at the beginning of a word is no
// change.
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

// mayBeKey tells a segment of a configured path that may be a key from one that is a word. Errors
// do not name paths, so that to hide too much of them costs nothing.
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

// replaceWord hides a short text where it stands alone, and not in a number, an address or another
// word.
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
