package postgres

import (
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Option configures a source or a signal.
type Option func(*config)

type config struct {
	pool      *pgxpool.Pool
	name      string
	channel   string // "" for the channel of the name
	listen    *pgx.ConnConfig
	polling   bool // the source does not listen
	timeout   time.Duration
	heartbeat time.Duration
}

// The defaults and the limits of the options.
const (
	defaultTimeout   = 10 * time.Second
	maxTimeout       = time.Minute
	defaultHeartbeat = 10 * time.Second
	minHeartbeat     = time.Second
	maxHeartbeat     = 30 * time.Second
)

func newConfig(pool *pgxpool.Pool, name string, options []Option) config {
	c := config{pool: pool, name: name, timeout: defaultTimeout, heartbeat: defaultHeartbeat}
	for _, option := range options {
		if option != nil {
			option(&c)
		}
	}
	return c
}

// WithChannel sets the channel to listen on, of at most 63 bytes. Publishers set the same one in
// [Publication]. By default, and with "", it is "becket:" with the document's name.
func WithChannel(channel string) Option {
	return func(c *config) { c.channel = channel }
}

// WithListenConfig sets the connection on which the client listens. It is needed if the pool's
// connections go through a pooler in transaction mode or to a standby, because neither passes
// notifications on. The configuration must come from [pgx.ParseConfig], and the pool's
// BeforeConnect is not called for it. By default, and with nil, it is a connection of its own with
// the pool's configuration.
func WithListenConfig(connection *pgx.ConnConfig) Option {
	return func(c *config) { c.listen = connection }
}

// WithPollingOnly makes a source that does not listen, for programs that have no connection to
// spare. The client then learns of a revision at its next poll. By default, a source listens.
func WithPollingOnly() Option {
	return func(c *config) { c.polling = true }
}

// WithTimeout sets the time limit for a fetch. It must be above 0 and at most a minute. By default,
// it is 10 seconds.
func WithTimeout(timeout time.Duration) Option {
	return func(c *config) { c.timeout = timeout }
}

// WithHeartbeat sets how long a listening connection may be silent before the client pings it. The
// connection is lost if two such times pass without an answer. It must be between one second and
// 30. By default, it is 10 seconds.
func WithHeartbeat(interval time.Duration) Option {
	return func(c *config) { c.heartbeat = interval }
}

// Check returns the mistakes in the arguments and the options.
func (c *config) Check() error {
	errs := checkNames(c.name, c.channel)
	if c.pool == nil {
		errs = append(errs, errors.New("becket: postgres: the pool is nil"))
	}
	if c.listen != nil && c.listen.RuntimeParams == nil {
		errs = append(errs, errors.New("becket: postgres: WithListenConfig: the configuration does not come from "+
			"pgx.ParseConfig"))
	}
	if c.timeout <= 0 || c.timeout > maxTimeout {
		errs = append(errs, fmt.Errorf("becket: postgres: WithTimeout: %v is not above 0 and at most %v",
			c.timeout, maxTimeout))
	}
	if c.heartbeat < minHeartbeat || c.heartbeat > maxHeartbeat {
		errs = append(errs, fmt.Errorf("becket: postgres: WithHeartbeat: %v is not between %v and %v",
			c.heartbeat, minHeartbeat, maxHeartbeat))
	}
	return errors.Join(errs...)
}
