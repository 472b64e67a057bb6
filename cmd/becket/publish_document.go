package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"aead.dev/minisign"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/compare"
	"github.com/becketflags/becket/cmd/becket/internal/devserver"
	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/layout"
)

// publication is the document to publish.
type publication struct {
	body      []byte
	asRead    bool // body has the bytes of the file
	version   compare.Version
	signature []byte // nil if it is not signed
}

// build makes the bytes to publish: those of the file if it is plain JSON and keeps its revision,
// and otherwise what becket build writes.
func (p *publishing) build() error {
	d, next := p.document, &p.next
	revision := p.verb.Revision
	if p.verb.Raise {
		above := max(p.rules.Info().Revision, p.result.Revision.Before)
		if above >= maxRevision {
			return fmt.Errorf("the revision %d cannot rise: it is the highest one", above)
		}
		above++
		revision = &above
	}
	next.body, next.asRead = d.Source, len(d.Body) > 0 && bytes.HasSuffix(d.Source, d.Body) && revision == nil
	if !next.asRead {
		body, err := d.Body, error(nil)
		if revision != nil {
			body, err = layout.WithRevision(body, *revision)
		}
		if err == nil {
			next.body, err = layout.Plain(body, false)
		}
		if err != nil {
			return err
		}
	}
	built, rules, err := publishedDocument(d.Name, next.body, p.env.options.Format)
	if err != nil {
		return err
	}
	p.result.Bytes, p.result.Revision.After = len(next.body), rules.Info().Revision
	next.version, err = definedVersion(built, rules)
	next.version.Unbuilt = ""
	return err
}

// sign signs the document, or reads the signature next to the file. It refuses a document without a
// signature if the live one has one, because clients with a public key would refuse it.
func (p *publishing) sign() error {
	v, next := p.verb, &p.next
	if v.Key != "" {
		key, err := v.secretKey(p.env, v.Key)
		if err != nil {
			return err
		}
		p.result.SignedBy = keyID(key.ID())
		next.signature, err = signatureBy(key, next.body, p.env.trustedComment(v.File))
		return err
	}
	signature, err := p.beside()
	if err != nil {
		return err
	}
	switch {
	case v.Unsigned:
	case signature != nil && !next.asRead:
		return p.refuse("%s is for other bytes than those to publish; --key signs them", p.signatureFile())
	case signature != nil:
		var parsed minisign.Signature
		if parsed.UnmarshalText(signature) != nil {
			return p.refuse("%s is not a signature of minisign", p.signatureFile())
		}
		next.signature, p.result.SignedBy = signature, keyID(parsed.KeyID)
	case p.live != nil && len(p.live.Signature) > 0:
		return p.refuse("the live document is signed and this one is not, so that clients with a public key would " +
			"refuse it; --key signs it, and --unsigned publishes it as it is")
	}
	return nil
}

// beside reads the signature next to the file. It returns nil if there is none.
func (p *publishing) beside() ([]byte, error) {
	if p.verb.File == "-" {
		return nil, nil
	}
	signature, err := input.File(p.env.ctx, filepath.Clean(p.verb.File)+devserver.SignatureSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return signature, err
}

func (p *publishing) signatureFile() string {
	return filepath.ToSlash(filepath.Clean(p.verb.File) + devserver.SignatureSuffix)
}

func keyID(id uint64) string { return fmt.Sprintf("%X", id) }

// again ends the publication of a document that is live already. A missing or wrong signature
// cannot be added, because targets accept only a higher revision.
func (p *publishing) again() error {
	if p.verb.Key == "" {
		p.result.Live = true
		return p.print("%s is live at %s already: nothing is published", p.document.Name, p.to.Name)
	}
	key, err := p.verb.secretKey(p.env, p.verb.Key)
	if err != nil {
		return err
	}
	public, is := key.Public().(minisign.PublicKey)
	if !is || !minisign.Verify(public, p.live.Body, p.live.Signature) {
		advice := "; --raise publishes it with a signature"
		if p.document.Format != becket.Native {
			advice = ""
		}
		return p.refuse("%s is live already, but the key %s did not sign it%s",
			p.document.Name, keyID(key.ID()), advice)
	}
	p.result.Live, p.result.SignedBy = true, keyID(key.ID())
	return p.print("%s is live at %s already, signed by the key %s: nothing is published", p.document.Name, p.to.Name,
		p.result.SignedBy)
}
