package disk

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
)

// A disk copy is one file, so that no part of it can disagree with another:
//
//	becket-disk 1 <SHA-256 of all that follows, and of this line's beginning>
//	{"identity": ..., "length": ..., ...}
//	the document, byte for byte as it came
const (
	magic         = "becket-disk "
	formatVersion = 1
	maxHead       = 64 << 10 // greatest length of the first two lines, in bytes
)

// Copy is a document, with everything that is stored with it.
type Copy struct {
	Body         []byte
	Sum          [sha256.Size]byte // SHA-256 of the body
	Revision     int64             // the document's revision
	ETag         string            // the server's validators for the document, for the next request
	LastModified string
	Signature    []byte
	FetchedAt    time.Time // zero if it is not known
	ConfirmedAt  time.Time // when the source last confirmed the document
}

// header is the second line. Texts are written as bytes in base64, because the ETag of a server may
// not be valid UTF-8.
type header struct {
	Identity     string `json:"identity"` // SHA-256 of the source's identity and the format's name
	ETag         []byte `json:"etag,omitempty"`
	LastModified []byte `json:"last_modified,omitempty"`
	Signature    []byte `json:"signature,omitempty"`
	Sum          []byte `json:"sum"` // SHA-256 of the document
	Revision     int64  `json:"revision"`
	Fetched      int64  `json:"fetched"` // Unix milliseconds
	Confirmed    int64  `json:"confirmed"`
	Length       int    `json:"length"`
}

// Reasons why a copy is not used.
var (
	// ErrDamaged reports that a copy has changed since it was written, or was written only in part.
	ErrDamaged = errors.New("becket: the disk copy is damaged")
	errForeign = errors.New("becket: the disk copy belongs to another source")
	errNewer   = errors.New("becket: the disk copy was written by a newer version of becket; it is not changed")
)

// encode returns the first two lines; the body follows them.
func encode(identity string, c *Copy) ([]byte, error) {
	head, err := json.Marshal(header{
		Identity:     identity,
		ETag:         []byte(c.ETag),
		LastModified: []byte(c.LastModified),
		Signature:    c.Signature,
		Sum:          c.Sum[:],
		Revision:     c.Revision,
		Fetched:      c.FetchedAt.UnixMilli(),
		Confirmed:    c.ConfirmedAt.UnixMilli(),
		Length:       len(c.Body),
	})
	if err != nil {
		return nil, err
	}
	begin := magic + strconv.Itoa(formatVersion)
	lines := fmt.Appendf(nil, "%s %s\n%s\n", begin, checksum(begin, head, c.Body), head)
	if len(lines) > maxHead {
		return nil, fmt.Errorf("becket: the disk copy's header takes %d bytes, more than %d", len(lines), maxHead)
	}
	return lines, nil
}

func checksum(begin string, head, body []byte) string {
	hash := sha256.New()
	fmt.Fprintf(hash, "%s\n%s\n", begin, head)
	hash.Write(body)
	return hex.EncodeToString(hash.Sum(nil))
}

// parts holds the parts of a file.
type parts struct {
	begin string // the first line up to the checksum
	sum   []byte
	head  []byte
	body  []byte // the body, as far as it was read
}

// split splits a file, or its beginning, into its parts.
func split(file []byte) (p parts, err error) {
	first, rest, ok := bytes.Cut(file[:min(len(file), maxHead)], []byte("\n"))
	if !ok || !bytes.HasPrefix(first, []byte(magic)) {
		return p, fmt.Errorf("%w: it does not begin like a disk copy", ErrDamaged)
	}
	number, sum, _ := bytes.Cut(first[len(magic):], []byte(" "))
	version, err := strconv.Atoi(string(number))
	switch {
	case err != nil:
		return p, fmt.Errorf("%w: its version cannot be read", ErrDamaged)
	case version > formatVersion:
		return p, fmt.Errorf("%w (%d, this one reads %d)", errNewer, version, formatVersion)
	case version != formatVersion:
		return p, fmt.Errorf("%w: it has no version %d", ErrDamaged, formatVersion)
	}
	head, _, ok := bytes.Cut(rest, []byte("\n"))
	if !ok {
		return p, fmt.Errorf("%w: its header is incomplete", ErrDamaged)
	}
	return parts{magic + string(number), sum, head, file[len(first)+1+len(head)+1:]}, nil
}

func decodeHeader(line []byte) (*header, error) {
	head := &header{}
	if err := json.Unmarshal(line, head); err != nil {
		return nil, fmt.Errorf("%w: its header cannot be read", ErrDamaged)
	}
	return head, nil
}

// decode reads a copy. It checks the checksum before it uses anything else.
func decode(identity string, file []byte) (*Copy, error) {
	parts, err := split(file)
	if err != nil {
		return nil, err
	}
	if string(parts.sum) != checksum(parts.begin, parts.head, parts.body) {
		return nil, fmt.Errorf("%w: its checksum does not fit", ErrDamaged)
	}
	head, err := decodeHeader(parts.head)
	switch {
	case err != nil:
		return nil, err
	case head.Length != len(parts.body):
		return nil, fmt.Errorf("%w: its header has another length", ErrDamaged)
	case head.Identity != identity:
		return nil, errForeign
	}
	return head.copyOf(parts.body), nil
}

func (h *header) copyOf(body []byte) *Copy {
	c := &Copy{
		Body:         body,
		Revision:     h.Revision,
		ETag:         string(h.ETag),
		LastModified: string(h.LastModified),
		Signature:    h.Signature,
	}
	copy(c.Sum[:], h.Sum)
	if h.Fetched > 0 {
		c.FetchedAt = time.UnixMilli(h.Fetched)
	}
	if h.Confirmed > 0 {
		c.ConfirmedAt = time.UnixMilli(h.Confirmed)
	}
	return c
}

// clockSkew is how far in the future a time written by another process may be. A later time comes
// from a wrong clock.
const clockSkew = time.Minute

// after reports whether a copy with this header is later than c. If both hold the same document,
// the one that was confirmed later is later. Otherwise the one with the higher revision is later.
// If the revisions are equal, or if byTime is true because lower revisions are allowed, the one
// that was fetched later is later.
func (h *header) after(c *Copy, byTime bool) bool {
	latest := c.ConfirmedAt.Add(clockSkew).UnixMilli()
	switch {
	case bytes.Equal(h.Sum, c.Sum[:]):
		return h.Confirmed > c.ConfirmedAt.UnixMilli() && h.Confirmed <= latest
	case h.Revision != c.Revision && !byTime:
		return h.Revision > c.Revision
	default:
		return h.Fetched > c.FetchedAt.UnixMilli() && h.Fetched <= latest
	}
}
