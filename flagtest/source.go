package flagtest

import (
	"context"
	"fmt"

	"github.com/becketflags/becket"
)

// source and format make the client take its rules from the state. The document is the rules'
// version.
type source struct{ state *state }

func (s source) Fetch(_ context.Context, last becket.Validator) (becket.Document, error) {
	version := s.state.version()
	if last.ETag == version {
		return becket.Document{NotModified: true}, nil
	}
	return becket.Document{Body: []byte(version), Validator: becket.Validator{ETag: version}}, nil
}

func (s source) Identity() string { return "flagtest" }

type format struct{ state *state }

func (format) Name() string { return "flagtest" }

func (f format) Decode(document []byte) (becket.Rules, error) {
	r, ok := f.state.published(string(document))
	if !ok {
		return nil, fmt.Errorf("flagtest: there are no rules of version %q", document)
	}
	return r, nil
}
