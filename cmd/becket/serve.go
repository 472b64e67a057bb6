package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/devserver"
	"github.com/becketflags/becket/cmd/becket/internal/input"
	"github.com/becketflags/becket/cmd/becket/internal/report"
	"github.com/becketflags/becket/internal/wording"
)

// serveVerb is a development server.
type serveVerb struct {
	Rules string        `arg:"" optional:"" help:"A file or a folder. By default, \"rules\" of the configuration."`
	Addr  string        `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"The address to listen on. By default, ${default}: only this machine."`
	Poll  time.Duration `default:"500ms" help:"How often to look for a change. By default, ${default}."`
}

// Run serves until the context ends.
func (v *serveVerb) Run(e *env) error {
	if v.Rules == "" {
		v.Rules = e.config.Rules
	}
	if info, err := os.Stat(v.Rules); err != nil || !info.IsDir() && !info.Mode().IsRegular() {
		return fmt.Errorf("serve watches a file or a folder, and %q is neither", v.Rules)
	}
	if v.Poll < 10*time.Millisecond {
		return fmt.Errorf("--poll %v is below 10ms", v.Poll)
	}
	name := servedName(v.Rules)
	documents, err := devserver.New(name)
	if err != nil {
		return err
	}
	d := development{e: e, rules: v.Rules, server: documents}
	d.seen = d.look()
	if err := d.publish(d.seen); err != nil {
		if !isEmpty(v.Rules) {
			return err
		}
		d.say("%s is empty; nothing is published until it holds a ruleset", filepath.ToSlash(v.Rules))
	}
	listener, err := (&net.ListenConfig{}).Listen(e.ctx, "tcp", v.Addr)
	if err != nil {
		return err
	}
	address := fmt.Sprintf("http://%s/%s", listener.Addr(), url.PathEscape(name))
	if e.options.JSON {
		writeLine(e.stdout, map[string]string{"serving": filepath.ToSlash(v.Rules), "url": address})
	} else {
		fmt.Fprintf(e.stdout, "serving %s at %s until interrupted\n", filepath.ToSlash(v.Rules), address)
	}
	return d.serve(listener, v.Poll)
}

// isEmpty reports whether the file exists and is empty. Somebody is probably about to write it.
func isEmpty(rules string) bool {
	info, err := os.Stat(rules)
	return err == nil && info.Mode().IsRegular() && info.Size() == 0
}

// servedName is the document's name in its URL. The name ends in .json, because the server always
// serves JSON.
func servedName(rules string) string {
	base := filepath.Base(filepath.Clean(rules))
	if name := strings.TrimSuffix(base, filepath.Ext(base)); name != "" {
		base = name
	}
	return base + ".json"
}

// development is a server and the file that it watches. One goroutine reads the file and publishes
// it.
type development struct {
	e        *env
	rules    string
	server   *devserver.Server
	seen     sighting
	settled  bool // seen was published or refused
	revision int64
}

// sighting is the state of the files at one reading.
type sighting struct {
	document  *input.Document
	body      []byte
	signature []byte
	err       error
}

func (s *sighting) same(t *sighting) bool {
	if s.err != nil || t.err != nil {
		return s.err != nil && t.err != nil && report.Plain(s.err) == report.Plain(t.err)
	}
	return bytes.Equal(s.body, t.body) && bytes.Equal(s.signature, t.signature)
}

// look reads the ruleset and its signature.
func (d *development) look() (s sighting) {
	s.document, s.err = input.Read(d.e.ctx, d.rules, input.Options{Format: d.e.options.Format})
	if s.err != nil {
		return s
	}
	s.body = s.document.Body
	if len(s.body) > 0 && bytes.HasSuffix(s.document.Source, s.body) {
		// plain JSON including its byte-order mark, because a signature covers every byte
		s.body = s.document.Source
	}
	s.signature, s.err = input.File(d.e.ctx, filepath.Clean(d.rules)+devserver.SignatureSuffix)
	if errors.Is(s.err, fs.ErrNotExist) {
		s.signature, s.err = nil, nil
	}
	return s
}

// publish serves the document that was read, unless it contains errors.
func (d *development) publish(s sighting) error {
	d.settled = true
	if s.err != nil {
		return s.err
	}
	rules, err := s.document.Decode()
	if err != nil {
		return err
	}
	if bad := s.document.Problems(rules); len(bad) > 0 {
		return &report.RefusedError{Findings: bad}
	}
	info := rules.Info()
	etag, err := d.server.Publish(s.body, s.signature, info.Revision)
	if err != nil {
		return err
	}
	d.say("published %s%s, ETag %s", summary(info), signed(s.signature), etag)
	if info.Revision < d.revision {
		d.say("the revision was %d: clients refuse a lower one", d.revision)
	}
	d.revision = info.Revision
	return nil
}

func summary(info becket.RulesInfo) string {
	return fmt.Sprintf("%s, revision %d", wording.Count(info.Flags, "flag"), info.Revision)
}

func signed(signature []byte) string {
	if signature == nil {
		return ""
	}
	return ", with its signature"
}

func (d *development) say(format string, values ...any) {
	now, text := d.e.now(), fmt.Sprintf(format, values...)
	if d.e.options.JSON {
		writeLine(d.e.stdout, map[string]string{"time": now.Format(time.RFC3339), "message": text})
		return
	}
	fmt.Fprintf(d.e.stdout, "%s %s\n", now.Format(time.TimeOnly), text)
}

// step reads the files once. It publishes a change when two readings in a row agree, so that a
// half-written file does not count as a bad one.
func (d *development) step() {
	now := d.look()
	if !now.same(&d.seen) {
		d.seen, d.settled = now, false
		return
	}
	if d.settled {
		return
	}
	err := d.publish(now)
	if err == nil || d.e.ctx.Err() != nil {
		return
	}
	if refused, ok := errors.AsType[*report.RefusedError](err); ok {
		d.e.printFindings(refused.Findings)
	} else {
		d.e.complain(err)
	}
	d.say("refused; the document published before stays")
}

// Time limits of the server. A request has a few hundred bytes, so a client that needs longer is
// stuck.
const (
	readLimit = 10 * time.Second // for a request including its body
	// for an answer, which may be 64 MiB over a slow line; streams of events have their own limits
	writeLimit = 5 * time.Minute
	idleLimit  = 2 * time.Minute
	endLimit   = 200 * time.Millisecond // for answers in progress when the server is told to end
)

func newServer(handler http.Handler) *http.Server {
	return &http.Server{Handler: handler, ReadTimeout: readLimit, WriteTimeout: writeLimit, IdleTimeout: idleLimit}
}

// serve answers requests and watches the files until the context ends.
func (d *development) serve(listener net.Listener, poll time.Duration) error {
	server := newServer(d.server)
	server.RegisterOnShutdown(d.server.Close)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for {
		select {
		case err := <-failed:
			return err
		case <-ticker.C:
			d.step()
		case <-d.e.ctx.Done():
			end(server)
			return nil
		}
	}
}

// end waits a short time for answers in progress and then closes every connection, so that a
// half-sent request cannot keep the command running.
func end(server *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), endLimit)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		_ = server.Close()
	}
}
