package becket

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
	diskMagic   = "becket-disk "
	diskVersion = 1
	maxDiskHead = 64 << 10 // of the two first lines
)

// diskCopy is what a copy says.
type diskCopy struct {
	body        []byte
	sum         [sha256.Size]byte // of the body
	revision    int64             // as the document says
	validator   Validator
	signature   []byte
	fetchedAt   time.Time // zero where it is not known
	confirmedAt time.Time
}

// diskHead is the second line. Texts are bytes (base64), since a server's ETag need not be UTF-8.
type diskHead struct {
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

// Why a disk copy is not used.
var (
	errDiskDamaged = errors.New("becket: the disk copy is damaged")
	errDiskForeign = errors.New("becket: the disk copy is of another source")
	errDiskNewer   = errors.New("becket: the disk copy is of a newer version of becket; it is left alone")
)

// encodeDisk returns the two first lines; the body follows them.
func encodeDisk(identity string, c *diskCopy) ([]byte, error) {
	head, err := json.Marshal(diskHead{
		Identity:     identity,
		ETag:         []byte(c.validator.ETag),
		LastModified: []byte(c.validator.LastModified),
		Signature:    c.signature,
		Sum:          c.sum[:],
		Revision:     c.revision,
		Fetched:      c.fetchedAt.UnixMilli(),
		Confirmed:    c.confirmedAt.UnixMilli(),
		Length:       len(c.body),
	})
	if err != nil {
		return nil, err
	}
	begin := diskMagic + strconv.Itoa(diskVersion)
	lines := fmt.Appendf(nil, "%s %s\n%s\n", begin, diskSum(begin, head, c.body), head)
	if len(lines) > maxDiskHead {
		return nil, fmt.Errorf("becket: the disk copy's head takes %d bytes, more than %d", len(lines), maxDiskHead)
	}
	return lines, nil
}

func diskSum(begin string, head, body []byte) string {
	hash := sha256.New()
	fmt.Fprintf(hash, "%s\n%s\n", begin, head)
	hash.Write(body)
	return hex.EncodeToString(hash.Sum(nil))
}

// diskLines is a file taken apart.
type diskLines struct {
	begin string // of the first line, before the checksum
	sum   []byte
	head  []byte
	body  []byte // as much of it as was read
}

// splitDisk takes apart a file, or its beginning.
func splitDisk(file []byte) (l diskLines, err error) {
	first, rest, ok := bytes.Cut(file[:min(len(file), maxDiskHead)], []byte("\n"))
	if !ok || !bytes.HasPrefix(first, []byte(diskMagic)) {
		return l, fmt.Errorf("%w: it does not begin as one", errDiskDamaged)
	}
	number, sum, _ := bytes.Cut(first[len(diskMagic):], []byte(" "))
	version, err := strconv.Atoi(string(number))
	switch {
	case err != nil:
		return l, fmt.Errorf("%w: its version cannot be read", errDiskDamaged)
	case version > diskVersion:
		return l, fmt.Errorf("%w (%d, this one reads %d)", errDiskNewer, version, diskVersion)
	case version != diskVersion:
		return l, fmt.Errorf("%w: it has no version %d", errDiskDamaged, version)
	}
	head, _, ok := bytes.Cut(rest, []byte("\n"))
	if !ok {
		return l, fmt.Errorf("%w: its head is cut short", errDiskDamaged)
	}
	return diskLines{diskMagic + string(number), sum, head, file[len(first)+1+len(head)+1:]}, nil
}

func decodeDiskHead(line []byte) (*diskHead, error) {
	head := &diskHead{}
	if err := json.Unmarshal(line, head); err != nil {
		return nil, fmt.Errorf("%w: its head cannot be read", errDiskDamaged)
	}
	return head, nil
}

// decodeDisk reads a copy and believes none of it before its checksum holds.
func decodeDisk(identity string, file []byte) (*diskCopy, error) {
	lines, err := splitDisk(file)
	if err != nil {
		return nil, err
	}
	if string(lines.sum) != diskSum(lines.begin, lines.head, lines.body) {
		return nil, fmt.Errorf("%w: its checksum does not hold", errDiskDamaged)
	}
	head, err := decodeDiskHead(lines.head)
	switch {
	case err != nil:
		return nil, err
	case head.Length != len(lines.body):
		return nil, fmt.Errorf("%w: its head names another length", errDiskDamaged)
	case head.Identity != identity:
		return nil, errDiskForeign
	}
	return head.copyOf(lines.body), nil
}

func (h *diskHead) copyOf(body []byte) *diskCopy {
	c := &diskCopy{
		body:      body,
		revision:  h.Revision,
		validator: Validator{ETag: string(h.ETag), LastModified: string(h.LastModified)},
		signature: h.Signature,
	}
	copy(c.sum[:], h.Sum)
	if h.Fetched > 0 {
		c.fetchedAt = time.UnixMilli(h.Fetched)
	}
	if h.Confirmed > 0 {
		c.confirmedAt = time.UnixMilli(h.Confirmed)
	}
	return c
}

// clockSkew is how far in the future a stamp of another process may lie; beyond it, a clock was
// wrong.
const clockSkew = time.Minute

// after reports whether a copy with this head is later than c. The same document is later if it was
// confirmed later. Of two documents, the one of the higher revision is later; where they have one
// revision, or where lower ones are allowed, the one that was fetched later.
func (h *diskHead) after(c *diskCopy, byTime bool) bool {
	latest := c.confirmedAt.Add(clockSkew).UnixMilli()
	switch {
	case bytes.Equal(h.Sum, c.sum[:]):
		return h.Confirmed > c.confirmedAt.UnixMilli() && h.Confirmed <= latest
	case h.Revision != c.revision && !byTime:
		return h.Revision > c.revision
	default:
		return h.Fetched > c.fetchedAt.UnixMilli() && h.Fetched <= latest
	}
}
