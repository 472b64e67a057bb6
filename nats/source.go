package nats

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/push"
)

// Source returns a source whose document is an entry of a key-value bucket. The source is a
// [becket.Signal] too: it watches the entry, so a client fetches as soon as the entry changes. The
// ETag is the entry's revision. Fetches ask the leader of the bucket, or, for a change of which the
// watch has told, the nearest replica that has it. While the bucket has not changed, a fetch
// transfers no document. If [Publish] did not put a signature into the entry, the signature is the
// entry whose key has .minisig appended.
//
// Source does no network I/O and needs no connection. Mistakes in the names and the options are
// errors of [becket.New]. A source does not close the connection.
func Source(js jetstream.JetStream, bucket, key string, options ...Option) becket.Source {
	s := &source{place: place{js, bucket, key}, config: newConfig(options)}
	if s.config.hints == "" {
		s.config.hints = s.hints()
	}
	return s
}

// source is an entry of a bucket.
type source struct {
	place
	config config

	mutex sync.Mutex
	known known
	ahead version // the newest version of which a watch has told
}

// known is the state of the bucket in which the entry had a version, for fetches that need not
// transfer it.
type known struct {
	version  version
	last     uint64 // sequence of the last message of the bucket
	messages uint64
}

// version is a version of an entry. Sequences begin again if the bucket is made again, so the time
// when it was made is a part.
type version struct {
	made     int64 // when the bucket was made, in nanoseconds
	sequence uint64
}

func (v version) etag() string {
	return strconv.FormatInt(v.made, 36) + "-" + strconv.FormatUint(v.sequence, 10)
}

// Check returns the mistakes in the names and the options.
func (s *source) Check() error { return errors.Join(append(s.check(), s.config.check()...)...) }

func (s *source) Name() string { return "nats " + s.String() }

// Identity tells entries of different servers apart.
func (s *source) Identity() string {
	if s.js == nil || s.js.Conn() == nil {
		return "nats:" + s.String()
	}
	servers := slices.Clone(s.js.Conn().Opts.Servers)
	if url := s.js.Conn().Opts.Url; url != "" && !slices.Contains(servers, url) {
		servers = append(servers, url)
	}
	slices.Sort(servers)
	reach := s.js.Options()
	return fmt.Sprintf("nats:%s:%s:%s:%s", strings.Join(servers, ","), reach.Domain, reach.APIPrefix, s)
}

func (s *source) Fetch(ctx context.Context, last becket.Validator) (becket.Document, error) {
	if err := s.Check(); err != nil {
		return becket.Document{}, err
	}
	answer, cancel := context.WithTimeout(ctx, s.config.timeout)
	defer cancel()
	m, v, err := s.newest(answer, last, push.IsFresh(ctx))
	if err != nil {
		return becket.Document{}, s.located(err)
	}
	if m == nil || v.etag() == last.ETag {
		return becket.Document{NotModified: true, Validator: last}, nil
	}
	body, err := s.body(ctx, m)
	if err != nil {
		return becket.Document{}, s.located(err)
	}
	return becket.Document{
		Body: body, Validator: becket.Validator{ETag: v.etag()}, Signature: signatureOf(m.Header),
	}, nil
}

// located adds the place to an error. A server does not answer requests that the user may not make,
// but the connection has an error that names them.
func (p *place) located(err error) error {
	if last := p.js.Conn().LastError(); last != nil && errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("becket: nats: %s: %w; the connection's last error: %w", p, within{err}, last)
	}
	return fmt.Errorf("becket: nats: %s: %w", p, within{err})
}

// within wraps an error for use inside the text of another one, without the prefix that the outer
// error has already.
type within struct{ error }

func (e within) Error() string {
	return strings.TrimPrefix(strings.TrimPrefix(e.error.Error(), "becket: "), "nats: ")
}

func (e within) Unwrap() error { return e.error }

// newest returns the newest message of the entry with its version, or no message if the version is
// still the one of the validator.
func (s *source) newest(ctx context.Context, last becket.Validator, fresh bool) (*nats.RawStreamMsg, version, error) {
	if err := connected(s.js.Conn()); err != nil {
		return nil, version{}, err
	}
	s.mutex.Lock()
	ahead, old := s.ahead, s.known
	s.mutex.Unlock()
	if !fresh && ahead.made != 0 && (ahead.made != old.version.made || ahead.sequence > old.version.sequence) {
		if m, err := s.get(ctx, nats.DirectGet()); err == nil && m.Sequence >= ahead.sequence {
			v := version{ahead.made, m.Sequence}
			s.remember(known{version: v})
			return m, v, present(m.Header)
		}
	}
	bucket, err := s.js.Stream(ctx, s.stream())
	if err != nil {
		return nil, version{}, explained(err)
	}
	info := bucket.CachedInfo()
	now := known{
		version: version{info.Created.UnixNano(), old.version.sequence}, last: info.State.LastSeq,
		messages: info.State.Msgs,
	}
	if !fresh && now == old && last.ETag == old.version.etag() && info.State.FirstSeq <= old.version.sequence {
		return nil, old.version, nil
	}
	m, err := s.get(ctx)
	if err != nil {
		return nil, version{}, err
	}
	now.version.sequence = m.Sequence
	s.remember(now)
	return m, now.version, present(m.Header)
}

func (s *source) remember(now known) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.known = now
}

// get returns the last message of the entry, from the leader or, with nats.DirectGet, from any
// replica.
func (p *place) get(ctx context.Context, options ...nats.JSOpt) (*nats.RawStreamMsg, error) {
	reach := nats.APIPrefix(p.js.Options().APIPrefix)
	if domain := p.js.Options().Domain; domain != "" {
		reach = nats.Domain(domain)
	}
	js, err := p.js.Conn().JetStream(reach)
	if err != nil {
		return nil, err
	}
	m, err := js.GetLastMsg(p.stream(), p.subject(), append(options, nats.Context(ctx))...)
	if err != nil {
		return nil, explained(err)
	}
	return m, nil
}

// explained names the errors that callers distinguish.
func explained(err error) error {
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, nats.ErrStreamNotFound):
		return ErrNoBucket
	case errors.Is(err, nats.ErrMsgNotFound):
		return ErrNoDocument
	case errors.Is(err, nats.ErrNoResponders):
		return fmt.Errorf("no server of the cluster has JetStream at the moment: %w", err)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("the server does not answer: %w", err)
	default:
		return err
	}
}

// The headers of the messages of a bucket.
const (
	headerOperation = "KV-Operation"
	headerMarker    = "Nats-Marker-Reason"
	headerStatus    = "Status"
	headerHint      = "Becket-Hint"      // the text of a hint
	headerSignature = "Becket-Signature" // a minisign signature, whose line breaks are \n
)

// present returns an error for the mark of a deleted entry.
func present(header nats.Header) error {
	switch {
	case header.Get(headerOperation) != "":
		return fmt.Errorf("%w: it was deleted", ErrNoDocument)
	case header.Get(headerMarker) != "":
		return fmt.Errorf("%w: it has expired", ErrNoDocument)
	default:
		return nil
	}
}

// signatureOf returns the signature in a header, or nil if there is none.
func signatureOf(header nats.Header) []byte {
	text := header.Get(headerSignature)
	if text == "" {
		return nil
	}
	return []byte(strings.ReplaceAll(text, `\n`, "\n"))
}

const signatureSuffix = ".minisig"

// FetchSignature returns the entry whose key has .minisig appended.
func (s *source) FetchSignature(ctx context.Context) ([]byte, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.timeout)
	defer cancel()
	beside := place{s.js, s.bucket, s.key + signatureSuffix}
	if err := connected(s.js.Conn()); err != nil {
		return nil, beside.located(err)
	}
	m, err := beside.get(ctx)
	if err == nil {
		err = present(m.Header)
	}
	if err != nil {
		return nil, beside.located(err)
	}
	return m.Data, nil
}

// Watch watches the entry, and the subject of hints.
func (s *source) Watch(ctx context.Context, changed func(becket.Hint)) error {
	if err := s.Check(); err != nil {
		return err
	}
	w := newWatch(s.js.Conn(), s.config.ping)
	defer w.end()
	if err := w.await(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	inbox := s.js.Conn().NewInbox()
	if err := errors.Join(w.subscribe(inbox, w.entries), w.subscribe(s.config.hints, w.messages)); err != nil {
		return err
	}
	began, err := s.consume(ctx, inbox)
	if ctx.Err() != nil {
		return nil
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.Join(err, w.probe(ctx, 1))
	}
	if err != nil {
		return s.located(err)
	}
	changed(becket.Hint{})
	return w.run(ctx, changed, func(m *nats.Msg) (becket.Hint, bool) { return s.hintOf(m, began) })
}

// makeFor is how long a watch waits for its consumer.
const makeFor = 5 * time.Second

// consume makes a consumer that sends the entry's last version and all later ones, without their
// documents, and heartbeats. The server removes it some seconds after the subscription has ended.
// consume returns the version that the last message of the bucket would be.
func (s *source) consume(ctx context.Context, inbox string) (began version, err error) {
	// A cluster may choose a server that has just been killed. The next try gets another one.
	ctx, cancel := context.WithTimeout(ctx, min(s.config.timeout, makeFor))
	defer cancel()
	bucket, err := s.js.Stream(ctx, s.stream())
	if err != nil {
		return version{}, explained(err)
	}
	_, err = s.js.CreatePushConsumer(ctx, s.stream(), jetstream.ConsumerConfig{
		DeliverSubject: inbox, DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy, AckPolicy: jetstream.AckNonePolicy,
		FilterSubject: s.subject(), HeadersOnly: true, IdleHeartbeat: s.config.ping, MemoryStorage: true, Replicas: 1,
		InactiveThreshold: maxPing,
	})
	if err != nil {
		return version{}, explained(err)
	}
	info := bucket.CachedInfo()
	return version{info.Created.UnixNano(), info.State.LastSeq}, nil
}

// hintOf returns the hint of a message of the consumer, or false for a heartbeat, and for the
// version that the entry had when the consumer was made.
func (s *source) hintOf(m *nats.Msg, began version) (becket.Hint, bool) {
	if m.Header.Get(headerStatus) != "" {
		return becket.Hint{}, false
	}
	h := becket.Hint(push.Parse([]byte(m.Header.Get(headerHint))))
	about, err := m.Metadata()
	if err != nil {
		return h, true
	}
	v := version{began.made, about.Sequence.Stream}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if v.made != s.ahead.made || v.sequence > s.ahead.sequence {
		s.ahead = v
	}
	h.ETag = v.etag()
	return h, v.sequence > began.sequence
}
