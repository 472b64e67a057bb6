// Package nats delivers documents and hints by NATS. [Source] reads the document from an entry of a
// JetStream key-value bucket and learns at once when the entry changes. [Signal] tells a client
// with another source that there is a new document. [Publish] writes an entry, so that no publisher
// overwrites a newer document.
//
// The connection belongs to the program. It should be made with nats.RetryOnFailedConnect(true) and
// nats.MaxReconnects(-1), so that the program starts and recovers without NATS. If two pings are
// not answered and nothing else arrives, a watch calls ForceReconnect of the connection, because
// with NATS's own default a dead connection would be noticed after four minutes.
//
// All functions and the values that they return are safe for concurrent use.
package nats

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/becketflags/becket"
)

// Errors of sources and publications, for errors.Is.
var (
	// ErrNotConnected reports that the connection is not established at the moment.
	ErrNotConnected = errors.New("becket: nats: there is no connection")
	// ErrNoBucket reports that the bucket does not exist.
	ErrNoBucket = errors.New("becket: nats: there is no such bucket")
	// ErrNoDocument reports that the bucket has no such entry, because it was never published, was
	// deleted or has expired.
	ErrNoDocument = errors.New("becket: nats: there is no such entry")
	// ErrObject reports that an entry names an object that is missing or damaged.
	ErrObject = errors.New("becket: nats: the entry names an object that cannot be used")
	// ErrNotHigher reports that a document was not published because its revision is not higher
	// than the live one.
	ErrNotHigher = errors.New("becket: nats: the revision is not higher than the live one")
	// ErrConflict reports that a document was not published because another publisher has written
	// the entry at the same time.
	ErrConflict = errors.New("becket: nats: another publisher has written the entry at the same time")
)

// The bounds and the default of the time between two pings, and the default time of a fetch.
const (
	minPing        = 100 * time.Millisecond
	maxPing        = 30 * time.Second
	defaultPing    = 10 * time.Second
	defaultTimeout = 10 * time.Second
)

// Option changes how a [Source] or a [Signal] works.
type Option func(*config)

// config holds the options. Nothing changes it after the constructor has returned.
type config struct {
	ping    time.Duration
	timeout time.Duration
	hints   string // the subject of hints
}

func newConfig(options []Option) config {
	c := config{ping: defaultPing, timeout: defaultTimeout}
	for _, option := range options {
		if option != nil {
			option(&c)
		}
	}
	return c
}

func (c *config) check() (errs []error) {
	if c.ping < minPing || c.ping > maxPing {
		errs = append(errs, fmt.Errorf("becket: nats: WithHeartbeat: %v is not between %v and %v", c.ping, minPing,
			maxPing))
	}
	if c.timeout <= 0 {
		errs = append(errs, fmt.Errorf("becket: nats: WithTimeout: %v is not above 0", c.timeout))
	}
	return errs
}

// WithHeartbeat sets the time between two pings of the connection, and between two heartbeats of
// the server to a watch, from 100 milliseconds to 30 seconds. If two in a row are missing, the
// watch ends, and the client begins another one. By default, it is ten seconds.
func WithHeartbeat(interval time.Duration) Option { return func(c *config) { c.ping = interval } }

// WithTimeout sets how long a source waits for an answer of the server; it must be above 0. An
// object of a document above the server's limit of messages may take longer, up to a minute. By
// default, it is ten seconds. A [Signal] ignores it.
func WithTimeout(timeout time.Duration) Option { return func(c *config) { c.timeout = timeout } }

// WithSubject sets the subject on which a source receives the hints of [Publish], beside the
// changes of the entry. Publishers set the same one in [Publication]. A source works without such
// hints, but it may then notice a change only after two heartbeats if a node of the cluster has
// failed. By default, and with "", the subject is becket.hints.BUCKET.KEY. A [Signal] ignores it.
func WithSubject(subject string) Option { return func(c *config) { c.hints = subject } }

// place is where a document is.
type place struct {
	js     jetstream.JetStream
	bucket string
	key    string
}

const (
	streamPrefix  = "KV_"  // of the stream of a bucket
	subjectPrefix = "$KV." // of the subjects of a bucket
	hintsPrefix   = "becket.hints."
)

func (p *place) stream() string  { return streamPrefix + p.bucket }
func (p *place) subject() string { return subjectPrefix + p.bucket + "." + p.key }

// hints returns the default subject of hints.
func (p *place) hints() string { return hintsPrefix + p.bucket + "." + p.key }

func (p *place) String() string { return p.bucket + "/" + p.key }

// check reports mistakes in the names.
func (p *place) check() (errs []error) {
	if p.js == nil || p.js.Conn() == nil {
		errs = append(errs, errors.New("becket: nats: the JetStream context is nil"))
	}
	if !bucketNames.MatchString(p.bucket) {
		errs = append(errs, fmt.Errorf("becket: nats: %q is not a name of a bucket: it may have letters, digits, - "+
			"and _", p.bucket))
	}
	if !keys.MatchString(p.key) {
		errs = append(errs, fmt.Errorf("becket: nats: %q is not a key: it may have letters, digits, -, _, /, = "+
			"and single dots within it", p.key))
	}
	return errs
}

// The names that JetStream accepts.
var (
	bucketNames = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)
	keys        = regexp.MustCompile(`^[-/_=a-zA-Z0-9]+(\.[-/_=a-zA-Z0-9]+)*$`)
)

// connected returns an error that says why there is no connection, or nil if there is one.
func connected(conn *nats.Conn) error {
	if conn.IsConnected() {
		return nil
	}
	state := strings.ToLower(conn.Status().String())
	if err := conn.LastError(); err != nil {
		return fmt.Errorf("%w: it is %s, after: %w", ErrNotConnected, state, err)
	}
	return fmt.Errorf("%w: it is %s", ErrNotConnected, state)
}

// Signal returns a signal for a client whose documents come from another source, such as
// [becket.HTTP]: each message on the subject is a hint. A message may be
// {"revision": 7, "etag": "\"a\"", "spread": 5}, where each member may be missing and the spread is
// in seconds; any other text says that there may be a new document. If the connection is nil or the
// subject is not valid, the signal is never connected and says why.
func Signal(conn *nats.Conn, subject string, options ...Option) becket.Signal {
	return &signal{conn: conn, subject: subject, config: newConfig(options)}
}
