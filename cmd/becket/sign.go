package main

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"aead.dev/minisign"

	"github.com/becketflags/becket/cmd/becket/internal/devserver"
	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/report"
)

// signVerb signs rulesets.
type signVerb struct {
	File      string `arg:"" help:"The file, as it will be published."`
	SecretKey string `short:"s" default:"becket.key" placeholder:"FILE" help:"The secret key. By default, ${default}."`
	Comment   string `short:"t" help:"The trusted comment, which is signed too. By default, the time and the file's name."`
	Unchecked bool   `help:"Sign a file even if the library would refuse it or it is not a ruleset."`
	passwordFlags
}

// maxComment is the longest comment that the minisign program reads.
const maxComment = 8 << 10

// Run writes the signature beside the file.
func (v *signVerb) Run(e *env) error {
	if info, err := os.Stat(v.File); err != nil || !info.Mode().IsRegular() {
		return fmt.Errorf("there is no file %q", v.File)
	}
	comment := v.Comment
	if comment == "" {
		comment = e.trustedComment(v.File)
	}
	if len(comment) > maxComment || strings.ContainsAny(comment, "\r\n\x00") {
		return fmt.Errorf("a trusted comment is one line of at most %d bytes", maxComment)
	}
	body, err := v.body(e)
	if err != nil {
		return err
	}
	key, err := v.secretKey(e, v.SecretKey)
	if err != nil {
		return err
	}
	signature, err := signatureBy(key, body, comment)
	if err != nil {
		return err
	}
	name := v.File + devserver.SignatureSuffix
	if err := e.writeFile(name, signature); err != nil {
		return err
	}
	id := fmt.Sprintf("%X", key.ID())
	if e.options.JSON {
		return report.Indented(e.stdout, map[string]string{"signature": filepath.ToSlash(name), "key": id})
	}
	fmt.Fprintf(e.stdout, "%s: signed by the key %s\n", filepath.ToSlash(name), id)
	return nil
}

// trustedComment returns the default of the trusted comment: the time and the file's name.
func (e *env) trustedComment(file string) string {
	return fmt.Sprintf("timestamp:%d\tfile:%s\thashed", e.now().Unix(), filepath.Base(file))
}

// signatureBy returns the text of the signature's file.
func signatureBy(key minisign.PrivateKey, body []byte, comment string) ([]byte, error) {
	reader := minisign.NewReader(bytes.NewReader(body)) // hashes the bytes that it reads
	if _, err := io.Copy(io.Discard, reader); err != nil {
		return nil, err
	}
	signature := reader.SignWithComments(key, comment, "signature from minisign secret key")
	return append(bytes.TrimRight(signature, "\n"), '\n'), nil
}

// body returns the file's bytes. It refuses a document that the library would refuse, because
// clients would refuse it even with a signature.
func (v *signVerb) body(e *env) ([]byte, error) {
	source, err := input.File(e.ctx, v.File)
	if err != nil || v.Unchecked {
		return source, err
	}
	document, rules, err := e.load(v.File)
	if err != nil {
		return nil, err
	}
	if bad := document.Problems(rules); len(bad) > 0 {
		return nil, &report.RefusedError{Findings: bad}
	}
	if !bytes.HasSuffix(source, document.Body) {
		return nil, fmt.Errorf("%s is not plain JSON: sign what becket build writes", document.Name)
	}
	return source, nil
}

// verifyVerb checks signatures.
type verifyVerb struct {
	Rules       string `arg:"" help:"A file or a URL. The signature has the same name with .minisig at the end."`
	trustedKeys `embed:"" set:"keyfile=becket.pub"`
}

// Run prints the signer of the document. A missing or wrong signature sets the exit code 1.
func (v *verifyVerb) Run(e *env) error {
	if len(v.PublicKey) == 0 && len(v.PublicKeyFile) == 0 {
		v.PublicKeyFile = []string{"becket.pub"}
	}
	keys, err := v.keys(e.ctx)
	if err != nil {
		return err
	}
	o := input.Options{Headers: e.options.Header, Stdin: e.stdin}
	body, err := input.Bytes(e.ctx, v.Rules, o)
	if err != nil {
		return err
	}
	signature, err := input.Bytes(e.ctx, signatureOf(v.Rules), o)
	if err != nil {
		return e.unverified("it is not signed: " + report.Plain(err))
	}
	var parsed minisign.Signature
	if err := parsed.UnmarshalText(signature); err != nil {
		return e.unverified("its signature cannot be read")
	}
	known := false
	for _, key := range keys {
		known = known || key.ID() == parsed.KeyID
		if key.ID() == parsed.KeyID && minisign.Verify(key, body, signature) {
			return v.tell(e, &parsed)
		}
	}
	if !known {
		return e.unverified(fmt.Sprintf("it is signed by the key %X, which is not trusted", parsed.KeyID))
	}
	return e.unverified(fmt.Sprintf("the key %X did not sign it", parsed.KeyID))
}

// tell prints the signer.
func (v *verifyVerb) tell(e *env, s *minisign.Signature) error {
	id := fmt.Sprintf("%X", s.KeyID)
	if e.options.JSON {
		return report.Indented(e.stdout, map[string]string{"key": id, "comment": s.TrustedComment})
	}
	_, err := fmt.Fprintf(e.stdout, "signed by the key %s: %q\n", id, s.TrustedComment)
	return err
}

func (e *env) unverified(why string) error {
	e.complain(fmt.Errorf("the document is not trusted: %s", why))
	return errFound
}

// signatureOf returns the place of a document's signature. In a URL, the suffix stands before the
// query.
func signatureOf(name string) string {
	if !strings.HasPrefix(name, "http://") && !strings.HasPrefix(name, "https://") {
		return name + devserver.SignatureSuffix
	}
	u, err := url.Parse(name)
	if err != nil {
		return name
	}
	u.RawPath = u.EscapedPath() + devserver.SignatureSuffix
	u.Path += devserver.SignatureSuffix
	return u.String()
}
