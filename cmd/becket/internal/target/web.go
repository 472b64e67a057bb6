package target

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/live"
	"github.com/becketflags/becket/internal/web"
	"github.com/becketflags/becket/publish"
)

// site is a URL that takes PUT.
type site struct {
	document, signature *url.URL // for PUT
	header              http.Header
	client              *http.Client
	source              *live.Source // the document as clients read it
	// the source reads the URLs of PUT, so that its ETags are conditions for PUT
	conditional               bool
	documentTag, signatureTag tag
}

// tag is the ETag of what was read.
type tag struct {
	exists bool
	etag   string // "" if the server sent none
}

// condition returns the header that makes PUT fail if something else was written meanwhile.
func (t tag) condition() http.Header {
	switch {
	case !t.exists:
		return http.Header{"If-None-Match": {"*"}}
	case t.etag == "" || strings.HasPrefix(t.etag, "W/"):
		return nil
	default:
		return http.Header{"If-Match": {t.etag}}
	}
}

// headers reads texts such as "Name: value".
func headers(texts []string) (http.Header, error) {
	header := http.Header{}
	for _, text := range texts {
		name, value, ok := strings.Cut(text, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok || !web.ValidHeaderName(name) || !web.ValidHeaderValue(value) {
			return nil, errors.New("--header takes NAME:VALUE")
		}
		header.Add(name, value)
	}
	return header, nil
}

func openWeb(a *address, header http.Header, o Options) (*site, error) {
	document, err := web.ParseURL("--to", a.text)
	if err != nil {
		return nil, err
	}
	s := &site{document: document, header: header, conditional: o.LiveURL == ""}
	if s.signature, err = signatureURL(document, o.Signature); err != nil {
		return nil, err
	}
	transport := o.Transport
	if transport == nil {
		transport = web.NewTransport()
	}
	// a redirect would take the document and the credentials to another place
	s.client = &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return s, s.openSource(a, o)
}

// openSource prepares to read the document as clients do. Credentials go only to the host of --to.
func (s *site) openSource(a *address, o Options) (err error) {
	address, headers := a.text, o.Headers
	if o.LiveURL != "" {
		u, err := web.ParseURL("--live", o.LiveURL)
		if err != nil {
			return err
		}
		if address = o.LiveURL; !web.SameOrigin(u, s.document) {
			headers = nil
		}
	}
	options, err := input.HTTPOptions(headers)
	if err != nil {
		return err
	}
	// a compressed answer may have another ETag, which is no condition for PUT
	options = append(options, becket.WithHeader("Accept-Encoding", "identity"))
	if o.Signature != "" && s.conditional {
		options = append(options, becket.WithSignatureURL(o.Signature))
	}
	s.source, err = live.New(address, o.Transport, options...)
	return err
}

// signatureURL returns the URL of the signature: the given one, or that of the document with
// .minisig before the query.
func signatureURL(document *url.URL, given string) (*url.URL, error) {
	if given != "" {
		return web.ParseURL("--signature-to", given)
	}
	u := *document
	u.RawPath = u.EscapedPath() + publish.SignatureSuffix
	u.Path += publish.SignatureSuffix
	return &u, nil
}

func (s *site) live(ctx context.Context) (becket.Document, error) {
	document, answer, err := s.source.Ask(ctx, becket.Validator{})
	if s.documentTag = tagOf(answer, err); !s.documentTag.exists {
		if isMissing(err) {
			err = fmt.Errorf("%w: %w", ErrNothing, err)
		}
		return becket.Document{}, err
	}
	document.Signature, answer, err = s.source.AskSignature(ctx)
	if s.signatureTag = tagOf(answer, err); isMissing(err) {
		err = nil
	}
	return document, err
}

func tagOf(answer *live.Answer, err error) tag {
	if err != nil || answer == nil {
		return tag{}
	}
	return tag{true, answer.Header.Get("Etag")}
}

// isMissing reports whether the server says that there is no such document. S3 says so with 403 to
// those who may not list its keys, but a wrong password has the same answer, so it is an error.
func isMissing(err error) bool {
	status, is := errors.AsType[*becket.StatusError](err)
	return is && (status.Code == http.StatusNotFound || status.Code == http.StatusGone)
}

// put puts the signature and then the document, each on the condition that it is still the one that
// live has returned. So of two publishers at the same time, one fails at the signature. If the
// document is refused, the old signature comes back.
func (s *site) put(ctx context.Context, p *Publication) error {
	var onSignature, onDocument http.Header
	if s.conditional {
		onSignature, onDocument = s.signatureTag.condition(), s.documentTag.condition()
	}
	if len(p.Signature) > 0 {
		if err := s.send(ctx, http.MethodPut, s.signature, p.Signature, textType, onSignature); err != nil {
			return fmt.Errorf("the signature: %w", err)
		}
	}
	err := s.send(ctx, http.MethodPut, s.document, p.Body, "application/json", onDocument)
	if _, refused := errors.AsType[*refusal](err); refused && len(p.Signature) > 0 {
		err = errors.Join(err, s.restore(ctx, p)) // without an answer, the document may be there
	}
	return err
}

const textType = "text/plain; charset=utf-8"

// restoreLimit is how long it may take to put the old signature back.
const restoreLimit = 10 * time.Second

// restore puts the old signature again, or deletes the new one if there was none.
func (s *site) restore(ctx context.Context, p *Publication) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restoreLimit)
	defer cancel()
	var err error
	if p.Live == nil || p.Live.Signature == nil {
		err = s.send(ctx, http.MethodDelete, s.signature, nil, "", nil)
	} else {
		err = s.send(ctx, http.MethodPut, s.signature, p.Live.Signature, textType, nil)
	}
	if err != nil {
		err = fmt.Errorf("the old signature could not be put back, so publish again: %w", err)
	}
	return err
}

// send sends a request and returns an error unless the server accepts it.
func (s *site) send(ctx context.Context, method string, u *url.URL, body []byte, kind string, condition http.Header,
) error {
	request, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	if web.SameOrigin(u, s.document) { // credentials go to no other host
		request.Header = s.header.Clone()
	}
	maps.Copy(request.Header, condition)
	if kind != "" && request.Header.Get("Content-Type") == "" {
		request.Header.Set("Content-Type", kind)
	}
	response, err := s.client.Do(request)
	if failed, is := errors.AsType[*url.Error](err); is {
		return fmt.Errorf("%s: %w", method, failed.Err) // without the URL
	}
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10))
	switch code := response.StatusCode; {
	case code >= 200 && code < 300:
		return nil
	case code == http.StatusPreconditionFailed:
		return overtaken(&refusal{method, code})
	default:
		return &refusal{method, code}
	}
}

// refusal is an answer of the server that refuses a request.
type refusal struct {
	method string
	code   int
}

func (r *refusal) Error() string {
	return fmt.Sprintf("the server answered %s with %d %s", r.method, r.code, http.StatusText(r.code))
}

func (s *site) close() {
	_ = s.source.Close()
	s.client.CloseIdleConnections()
}
