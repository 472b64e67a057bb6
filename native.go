package becket

import (
	"fmt"
	"runtime"
)

// Schema is the version of the native documents that this library reads.
const Schema = 1

// Native is becket's own format, described in docs/ruleset.md. A client reads it unless it is told otherwise.
var Native Format = nativeFormat{}

type nativeFormat struct{}

func (nativeFormat) Name() string { return "native-v1" }

// Decode compiles a native document, a large one on several processors. Its errors are *DocumentError or join several of
// them, or wrap ErrTooLarge for a document of more than 64 MiB.
func (nativeFormat) Decode(document []byte) (Rules, error) {
	return decodeNative(document, runtime.GOMAXPROCS(0))
}

func decodeNative(document []byte, goroutines int) (Rules, error) {
	if err := checkSize(document); err != nil {
		return nil, err
	}
	r, err := newReader(document, goroutines)
	defer r.crew.dismiss()
	if err != nil {
		return nil, err
	}
	rules := r.ruleset()
	if r.broken != nil {
		return nil, r.broken
	}
	if r.crew.patterns.exceeded() {
		return nil, &DocumentError{Message: fmt.Sprintf("the patterns of the document take more than %d instructions", maxDocumentInstructions)}
	}
	if len(r.problems) > 0 {
		return nil, joinProblems(r.noted())
	}
	rules.link()
	return rules, nil
}
