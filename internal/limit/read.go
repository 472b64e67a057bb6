package limit

import (
	"errors"
	"fmt"
	"io"
)

// ErrTooLarge reports that a document is larger than the limit.
var ErrTooLarge = errors.New("becket: the document is over the size limit")

// Check returns ErrTooLarge for a document over the limit.
func Check(document []byte) error {
	if len(document) > Document {
		return fmt.Errorf("%w of %d bytes: it has %d", ErrTooLarge, Document, len(document))
	}
	return nil
}

// Read reads all of r. It returns ErrTooLarge if there are more than most bytes. expected is the
// expected number of bytes, or -1 if it is not known. The memory grows with the bytes that arrive;
// the expected number only limits the steps of growth.
func Read(r io.Reader, most, expected int64) ([]byte, error) {
	const (
		first = 1 << 20
		trust = 16 // the memory is at most this many times the bytes that have arrived
	)
	size := min(max(expected+1, 512), first, most+1)
	if expected < 0 {
		size = min(4<<10, most+1)
	}
	body := make([]byte, 0, size)
	for {
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if int64(len(body)) > most {
			return nil, fmt.Errorf("%w of %d bytes", ErrTooLarge, most)
		}
		if err == io.EOF {
			return body, nil
		}
		if err != nil {
			return nil, err
		}
		if len(body) == cap(body) {
			arrived := int64(len(body))
			size := max(2*arrived, min(expected+1, trust*arrived))
			grown := make([]byte, len(body), min(size, most+1))
			copy(grown, body)
			body = grown
		}
	}
}
