package becket

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// awsChunked encodes bytes like an upload to S3 with signed chunks.
func awsChunked(body []byte) []byte {
	var b bytes.Buffer
	signature := strings.Repeat("0123456789abcdef", 4)
	for chunk := range bytes.SplitSeq(body, []byte(",")) {
		if b.Len() > 0 {
			chunk = append([]byte(","), chunk...)
		}
		fmt.Fprintf(&b, "%x;chunk-signature=%s\r\n%s\r\n", len(chunk), signature, chunk)
	}
	fmt.Fprintf(&b, "0;chunk-signature=%s\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", signature)
	return b.Bytes()
}

func TestContentCodingsOfS3AreRead(t *testing.T) {
	const document = `{"schema":1,"flags":{"a":{"default":"on"}}}`
	plain, packed := []byte(document), gzipped(t, document)
	for name, test := range map[string]struct {
		encodings []string
		body      []byte
	}{
		"the word alone":              {[]string{"aws-chunked"}, plain},
		"in capital letters":          {[]string{"AWS-Chunked"}, plain},
		"with an empty one behind it": {[]string{"aws-chunked,"}, plain},
		"chunks that were stored":     {[]string{"aws-chunked"}, awsChunked(plain)},
		"before gzip":                 {[]string{"aws-chunked,gzip"}, packed},
		"behind gzip":                 {[]string{"gzip, aws-chunked"}, packed},
		"on a line of its own":        {[]string{"aws-chunked", "gzip"}, packed},
		"chunks of a gzip file":       {[]string{"aws-chunked,gzip"}, awsChunked(packed)},
		"a gzip file of chunks":       {[]string{"aws-chunked,gzip"}, gzipped(t, string(awsChunked(plain)))},
		"gzip by its old name":        {[]string{"x-gzip"}, packed},
		"gzip and identity":           {[]string{"gzip, identity"}, packed},
	} {
		t.Run(name, func(t *testing.T) {
			server := startServer(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Encoding"] = test.encodings
				w.Write(test.body)
			})
			got, err := fetchOnce(t, HTTP(server.URL), Validator{})
			require.NoError(t, err)
			assert.JSONEq(t, document, string(got.Body))
			_, err = fetchOnce(t, HTTP(server.URL, WithMaxBytes(int64(len(document)-1))), Validator{})
			require.ErrorIs(t, err, ErrTooLarge)
		})
	}
}

func TestErrorsNameContentCodingsThatWereNotRequested(t *testing.T) {
	for encoding, want := range map[string]string{
		"aws-chunked, br": `"br"`,
		"gzip, gzip":      "gzip twice",
		"zstd":            `"zstd"`,
	} {
		server := startServer(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", encoding)
			say(w, "x")
		})
		_, err := fetchOnce(t, HTTP(server.URL), Validator{})
		assert.ErrorContains(t, err, want, encoding)
	}
	cut := startServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "aws-chunked")
		w.Write([]byte("2b;chunk-signature=0\r\n{\"schema\""))
	})
	_, err := fetchOnce(t, HTTP(cut.URL), Validator{})
	assert.ErrorContains(t, err, "unexpected EOF", "a chunk that was cut short")
}

func TestADocumentInAnotherEncodingIsNamedWhereverItComesFrom(t *testing.T) {
	wide := func(order binary.AppendByteOrder, text string) (wide []byte) {
		for _, c := range utf16.Encode([]rune(text)) {
			wide = order.AppendUint16(wide, c)
		}
		return wide
	}
	const document = `{"schema":1,"flags":{"a":{"default":"on"}}}`
	for name, test := range map[string]struct {
		body []byte
		want []string
	}{
		"gzip without its header": {
			gzipped(t, document), []string{"compressed with gzip", "Content-Encoding: gzip"},
		},
		"UTF-16 of Windows": {
			wide(binary.LittleEndian, "\ufeff"+document), []string{"UTF-16", "save it as UTF-8"},
		},
		"UTF-16 without a mark": {wide(binary.BigEndian, document), []string{"UTF-16", "save it as UTF-8"}},
		"UTF-32, which begins with a {": {
			[]byte("{\x00\x00\x00\"\x00\x00\x00"), []string{"UTF-32", "save it as UTF-8"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := startServer(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.Write(test.body)
			})
			file := filepath.Join(t.TempDir(), "flags.json")
			require.NoError(t, os.WriteFile(file, test.body, 0o600))
			for _, source := range []Source{HTTP(server.URL), File(file)} {
				err := newTestClient(t, source).Refresh(t.Context())
				for _, want := range test.want {
					assert.ErrorContains(t, err, want)
				}
			}
			_, err := New(HTTP(server.URL), WithBootstrap(test.body))
			require.ErrorContains(t, err, test.want[0])
			_, err = New(Bytes(test.body))
			assert.ErrorContains(t, err, test.want[0])
		})
	}
}
