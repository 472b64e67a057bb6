package redis

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// Option configures a source or a signal.
type Option func(*config)

type config struct {
	client    goredis.UniversalClient
	channel   string
	heartbeat time.Duration
}

// The default and the limits of WithHeartbeat.
const (
	defaultHeartbeat = 10 * time.Second
	minHeartbeat     = time.Second
	maxHeartbeat     = 30 * time.Second
)

func newConfig(client goredis.UniversalClient, channel string, options []Option) config {
	c := config{client: client, channel: channel, heartbeat: defaultHeartbeat}
	for _, option := range options {
		if option != nil {
			option(&c)
		}
	}
	return c
}

// WithChannel sets the channel to which a source subscribes. Publishers set the same one in
// [Publication]. By default, it is the [Channel] of the key.
func WithChannel(channel string) Option {
	return func(c *config) { c.channel = channel }
}

// WithHeartbeat sets how long a subscription may be silent before the client pings the server. The
// subscription is lost if the server then answers neither this ping nor another one, each within
// this time. It must be between one second and 30. By default, it is 10 seconds.
func WithHeartbeat(interval time.Duration) Option {
	return func(c *config) { c.heartbeat = interval }
}

// Check returns the mistakes in the arguments and the options.
func (c *config) Check() error {
	var errs []error
	if isNil(c.client) {
		errs = append(errs, errNilClient)
	}
	if c.channel == "" {
		errs = append(errs, errors.New("becket: redis: the channel is empty"))
	}
	if c.heartbeat < minHeartbeat || c.heartbeat > maxHeartbeat {
		errs = append(errs, fmt.Errorf("becket: redis: WithHeartbeat: %v is not between %v and %v",
			c.heartbeat, minHeartbeat, maxHeartbeat))
	}
	return errors.Join(errs...)
}

var errNilClient = errors.New("becket: redis: the client is nil")

// isNil also finds a nil pointer, such as a *redis.Client, in the interface.
func isNil(client goredis.UniversalClient) bool {
	if client == nil {
		return true
	}
	v := reflect.ValueOf(client)
	return v.Kind() == reflect.Pointer && v.IsNil()
}
