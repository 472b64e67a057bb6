package publish

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// digestBytes is the length of the part of a SHA-256 that makes an ETag. Nobody gains anything from
// two documents with the same ETag: who can choose a document needs no other.
const digestBytes = 12

// content is one served file with its codings, which are prepared once.
type content struct {
	kind   string // the media type
	digest string // in hexadecimal
	plain  []byte
	coded  []coded // the best first; only codings that make the content smaller
}

// coded is a content that is compressed. Its name is the name in Content-Encoding.
type coded struct {
	name string
	body []byte
}

func newContent(body []byte, kind string) *content {
	sum := sha256.Sum256(body)
	c := &content{kind: kind, digest: hex.EncodeToString(sum[:digestBytes]), plain: body}
	codings := []coded{{name: "zstd"}, {name: "gzip"}}
	var both sync.WaitGroup
	both.Go(func() { codings[0].body = zstdOf(body) })
	both.Go(func() { codings[1].body = gzipOf(body) })
	both.Wait()
	for _, one := range codings {
		if one.body != nil && len(one.body) < len(body) {
			c.coded = append(c.coded, one)
		}
	}
	return c
}

func gzipOf(body []byte) []byte {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write(body) // writing to a buffer never fails
	_ = w.Close()
	return zipped.Bytes()
}

// zstdOf returns nil if the encoder cannot be made, so that the content is served without it.
func zstdOf(body []byte) []byte {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(zstdWindow))
	if err != nil {
		return nil
	}
	return encoder.EncodeAll(body, nil)
}

// zstdWindow is the greatest window that RFC 9659 allows for the content coding zstd.
const zstdWindow = 8 << 20

// etag returns a different ETag for each coding, because a strong ETag promises identical bytes.
// coding is "" for the content without a coding.
func (c *content) etag(coding string) string {
	if coding != "" {
		return `"` + c.digest + "-" + coding + `"`
	}
	return `"` + c.digest + `"`
}

func (c *content) serve(w http.ResponseWriter, r *http.Request) {
	best := c.accepted(r.Header.Values("Accept-Encoding"))
	header := w.Header()
	header.Set("Etag", c.etag(best.name))
	header.Add("Vary", "Accept-Encoding")
	if c.known(r.Header.Values("If-None-Match")) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if best.name != "" {
		header.Set("Content-Encoding", best.name)
	}
	header.Set("Content-Type", c.kind)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Length", strconv.Itoa(len(best.body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(best.body)
	}
}

// known reports whether the client already has the content, in any coding.
func (c *content) known(ifNoneMatch []string) bool {
	for tag := range strings.SplitSeq(strings.Join(ifNoneMatch, ","), ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if tag == "*" || tag == c.etag("") {
			return true
		}
		for i := range c.coded {
			if tag == c.etag(c.coded[i].name) {
				return true
			}
		}
	}
	return false
}

// accepted returns the coding that the client likes most. If it likes several equally, that is the
// first; if it accepts none, or says nothing, the content is served without a coding.
func (c *content) accepted(acceptEncoding []string) coded {
	weights := weightsOf(acceptEncoding)
	best, most := coded{body: c.plain}, 0.0
	for _, one := range c.coded {
		weight, named := weights[one.name]
		if !named {
			weight = weights["*"]
		}
		if weight > most {
			best, most = one, weight
		}
	}
	if weights["identity"] > most {
		return coded{body: c.plain}
	}
	return best
}

// weightsOf returns the weights of codings, by their names in lower case. A weight that cannot be
// read is 0.
func weightsOf(acceptEncoding []string) map[string]float64 {
	weights := map[string]float64{}
	for one := range strings.SplitSeq(strings.Join(acceptEncoding, ","), ",") {
		name, parameters, _ := strings.Cut(one, ";")
		weight := 1.0
		if text, ok := strings.CutPrefix(strings.ToLower(strings.ReplaceAll(parameters, " ", "")), "q="); ok {
			weight, _ = strconv.ParseFloat(text, 64)
		}
		weights[strings.ToLower(strings.TrimSpace(name))] = weight
	}
	return weights
}
