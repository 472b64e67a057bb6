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

// decodeDisk reads a copy and believes none of it before its checksum holds.
func decodeDisk(identity string, file []byte) (*diskCopy, error) {
	first, rest, ok := bytes.Cut(file[:min(len(file), maxDiskHead)], []byte("\n"))
	if !ok || !bytes.HasPrefix(first, []byte(diskMagic)) {
		return nil, fmt.Errorf("%w: it does not begin as one", errDiskDamaged)
	}
	number, sum, _ := bytes.Cut(first[len(diskMagic):], []byte(" "))
	version, err := strconv.Atoi(string(number))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: its version cannot be read", errDiskDamaged)
	case version > diskVersion:
		return nil, fmt.Errorf("%w (%d, this one reads %d)", errDiskNewer, version, diskVersion)
	case version != diskVersion:
		return nil, fmt.Errorf("%w: it has no version %d", errDiskDamaged, version)
	}
	line, _, ok := bytes.Cut(rest, []byte("\n"))
	if !ok {
		return nil, fmt.Errorf("%w: its head is cut short", errDiskDamaged)
	}
	body := file[len(first)+1+len(line)+1:]
	if string(sum) != diskSum(diskMagic+string(number), line, body) {
		return nil, fmt.Errorf("%w: its checksum does not hold", errDiskDamaged)
	}
	return readDiskHead(identity, line, body)
}

func readDiskHead(identity string, line, body []byte) (*diskCopy, error) {
	var head diskHead
	if err := json.Unmarshal(line, &head); err != nil || head.Length != len(body) {
		return nil, fmt.Errorf("%w: its head cannot be read", errDiskDamaged)
	}
	if head.Identity != identity {
		return nil, errDiskForeign
	}
	c := &diskCopy{
		body:      body,
		validator: Validator{ETag: string(head.ETag), LastModified: string(head.LastModified)},
		signature: head.Signature,
	}
	if head.Fetched > 0 {
		c.fetchedAt = time.UnixMilli(head.Fetched)
	}
	if head.Confirmed > 0 {
		c.confirmedAt = time.UnixMilli(head.Confirmed)
	}
	return c, nil
}
