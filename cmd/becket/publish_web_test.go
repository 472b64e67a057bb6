package main

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

// store is a server that keeps files which are PUT, as WebDAV and S3 do. It heeds If-Match and
// If-None-Match.
type store struct {
	mutex   sync.Mutex
	files   map[string][]byte
	seen    []string // methods, paths, and conditions
	before  func(w http.ResponseWriter, r *http.Request) (answered bool)
	noETags bool
}

func newStore(t *testing.T) (s *store, url string) {
	t.Helper()
	s = &store{files: map[string][]byte{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server.URL
}

func etagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:8]) + `"`
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if r.Method != http.MethodGet {
		line := r.Method + " " + r.URL.Path
		for _, name := range []string{"If-Match", "If-None-Match"} {
			if value := r.Header.Get(name); value != "" {
				line += " " + name
			}
		}
		s.seen = append(s.seen, line)
	}
	if s.before != nil && s.before(w, r) {
		return
	}
	file, there := s.files[r.URL.Path]
	match, none := r.Header.Get("If-Match"), r.Header.Get("If-None-Match")
	switch {
	case r.Method == http.MethodPut && (match != "" && match != etagOf(file) || none == "*" && there):
		w.WriteHeader(http.StatusPreconditionFailed)
	case r.Method == http.MethodPut:
		body, err := io.ReadAll(r.Body)
		if err == nil {
			s.files[r.URL.Path] = body
			w.WriteHeader(http.StatusCreated)
		}
	case !there:
		http.NotFound(w, r)
	case r.Method == http.MethodDelete:
		delete(s.files, r.URL.Path)
	default:
		if !s.noETags {
			w.Header().Set("Etag", etagOf(file))
		}
		_, _ = w.Write(file)
	}
}

// reset forgets the requests and sets the function that is called before each one.
func (s *store) reset(before func(w http.ResponseWriter, r *http.Request) bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.seen, s.before = nil, before
}

func (s *store) requests() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.seen
}

func (s *store) file(path string) string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return string(s.files[path])
}

func TestADocumentIsPutUnderTheConditionThatNobodyElseHasPutOne(t *testing.T) {
	publishFolder(t)
	s, url := newStore(t)
	assert.Contains(t, good(t, "publish", "flags.json", "--to", url+"/flags.json", "--key", "becket.key"),
		"flags.json is live at "+url+"/flags.json: revision 42, 1,342 bytes, signed by")
	assert.Equal(t, []string{
		"PUT /flags.json.minisig If-None-Match", "PUT /flags.json If-None-Match",
	}, s.requests(), "the signature comes first")
	assert.EqualValues(t, 42, revisionOf(t, becket.HTTP(url+"/flags.json")))

	s.reset(nil)
	good(t, "publish", "next.json", "--to", url+"/flags.json", "--key", "becket.key")
	assert.Equal(t, []string{"PUT /flags.json.minisig If-Match", "PUT /flags.json If-Match"}, s.requests())
	assert.EqualValues(t, 43, revisionOf(t, becket.HTTP(url+"/flags.json")))

	s.reset(nil)
	s.noETags = true
	good(t, "publish", "next.json", "--to", url+"/flags.json", "--key", "becket.key", "--raise")
	assert.Equal(t, []string{"PUT /flags.json.minisig", "PUT /flags.json"}, s.requests(), "without ETags")
	assert.EqualValues(t, 44, revisionOf(t, becket.HTTP(url+"/flags.json")))
}

func TestAPublisherThatIsOvertakenChangesNothing(t *testing.T) {
	publishFolder(t)
	s, url := newStore(t)
	to := []string{"publish", "next.json", "--to", url + "/flags.json", "--key", "becket.key"}
	good(t, "publish", "flags.json", "--to", url+"/flags.json", "--key", "becket.key")
	signature := s.file("/flags.json.minisig")
	for path, after := range map[string]string{"/flags.json.minisig": "other", "/flags.json": signature} {
		s.reset(func(_ http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPut && r.URL.Path == path && s.files[path] != nil {
				s.files[path] = []byte("other") // by another publisher, just before
			}
			return false
		})
		code, _, stderr := command(t, nil, to...)
		assert.Equal(t, exitFinding, code, stderr)
		assert.Contains(t, stderr, "nothing is published: ")
		assert.Contains(t, stderr, "another document became live meanwhile")
		s.reset(nil)
		assert.Equal(t, after, s.file("/flags.json.minisig"), path)
		source, err := os.ReadFile("flags.json")
		require.NoError(t, err)
		s.files["/flags.json"], s.files["/flags.json.minisig"] = source, []byte(signature)
	}

	// The signature of a first document that is refused is removed again.
	s.files = map[string][]byte{}
	s.reset(func(w http.ResponseWriter, r *http.Request) bool {
		refused := r.Method == http.MethodPut && r.URL.Path == "/flags.json"
		if refused {
			http.Error(w, "full", http.StatusInsufficientStorage)
		}
		return refused
	})
	code, _, stderr := command(t, nil, to...)
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, "507")
	assert.Empty(t, s.files)
}

func TestATargetThatDoesNotAnswerWithTheDocumentIsNamedInTime(t *testing.T) {
	publishFolder(t)
	s, url := newStore(t)
	to := []string{"publish", "next.json", "--to", url + "/flags.json", "--timeout", "1s"}
	good(t, "publish", "flags.json", "--to", url+"/flags.json")
	// the server loses the document
	s.reset(func(_ http.ResponseWriter, r *http.Request) bool { return r.Method == http.MethodPut })
	code, stdout, stderr := command(t, nil, to...)
	assert.Equal(t, exitFinding, code)
	assert.Empty(t, stdout)
	assert.Equal(t, "becket: it is published, but after 1s "+url+
		"/flags.json still answers with the revision 42\n", stderr)
	code, stdout, _ = command(t, nil, append(to, "--json")...)
	assert.Equal(t, exitFinding, code)
	assert.Contains(t, stdout, `"published": true,
  "live": false,`)

	ended := make(chan struct{})
	defer close(ended)
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-ended }))
	t.Cleanup(hanging.CloseClientConnections)
	code, _, stderr = command(t, nil, "publish", "next.json", "--to", hanging.URL, "--timeout", "500ms")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, "there was no answer within 500ms")
}

func TestANewerDocumentThatIsLiveInTheEndIsSaid(t *testing.T) {
	publishFolder(t)
	s, url := newStore(t)
	newer, err := os.ReadFile("next.json")
	require.NoError(t, err)
	newer = []byte(strings.Replace(string(newer), `"revision": 43`, `"revision": 50`, 1))
	s.reset(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut {
			s.files["/flags.json"] = newer
			return true
		}
		return false
	})
	code, _, stderr := command(t, nil, "publish", "flags.json", "--to", url+"/flags.json")
	assert.Equal(t, exitGood, code)
	assert.Equal(t, "becket: the revision 50, which is newer, is live already\n", stderr)
}

func TestCredentialsAreSentOnlyToTheTargetAndShownNowhere(t *testing.T) {
	publishFolder(t)
	s, url := newStore(t)
	cdn := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Empty(t, r.Header.Get("Authorization"))
		s.ServeHTTP(w, r)
	}))
	t.Cleanup(cdn.Close)
	s.reset(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut && r.Host != cdn.Listener.Addr().String() &&
			r.Header.Get("Authorization") != "Bearer hush-hush" {
			w.WriteHeader(http.StatusForbidden)
			return true
		}
		return false
	})
	// A presigned URL signs one path and one method, so the signature and the reading need others.
	to := []string{
		"publish", "flags.json", "--to", url + "/flags.json?X-Amz-Signature=hush-a", "--signature-to",
		cdn.URL + "/flags.json.minisig?X-Amz-Signature=hush-b", "--live", cdn.URL + "/flags.json",
		"--key", "becket.key",
	}
	code, stdout, stderr := command(t, nil, to...)
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, "the server answered PUT with 403 Forbidden")
	assert.NotContains(t, stdout+stderr, "hush")

	code, stdout, stderr = command(t, nil, append(to, "-H", "Authorization: Bearer hush-hush")...)
	assert.Equal(t, exitGood, code, stderr)
	assert.NotContains(t, stdout+stderr, "hush")
	assert.EqualValues(t, 42, revisionOf(t, becket.HTTP(cdn.URL+"/flags.json")))
	assert.NotContains(t, strings.Join(s.requests(), ""), "If-", "an ETag of another server is no condition")
}

func TestAUserInTheURLIsSentAsBasicAuthentication(t *testing.T) {
	publishFolder(t)
	s, url := newStore(t)
	s.reset(func(w http.ResponseWriter, r *http.Request) bool {
		user, password, _ := r.BasicAuth()
		if user == "mara" && password == "hush-hush" {
			return false
		}
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
	to := strings.Replace(url, "://", "://mara:hush-hush@", 1) + "/flags.json"
	assert.Contains(t, good(t, "publish", "flags.json", "--to", to, "--key", "becket.key"),
		"flags.json is live at "+url+"/flags.json: ")
	code, _, stderr := command(t, nil, "publish", "next.json", "--to", strings.Replace(to, "hush-hush", "hush-not", 1))
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, "401")
	assert.NotContains(t, stderr, "hush")
}

func TestARedirectOfAPublicationIsNotFollowed(t *testing.T) {
	publishFolder(t)
	other, otherURL := newStore(t)
	s, url := newStore(t)
	s.reset(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut {
			http.Redirect(w, r, otherURL+"/flags.json", http.StatusTemporaryRedirect)
			return true
		}
		return false
	})
	code, _, stderr := command(t, nil, "publish", "flags.json", "--to", url+"/flags.json")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, "307")
	assert.Empty(t, other.requests())
}
