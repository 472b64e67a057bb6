package web

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Plain returns an error of net/http without the URLs that net/http quotes in it, because they may
// contain secrets. limit is the time limit of the request.
func Plain(err error, limit time.Duration) error {
	for {
		inner, ok := errors.AsType[*url.Error](err)
		if !ok {
			break
		}
		err = inner.Err
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no whole answer within %v: %w", limit, context.DeadlineExceeded)
	case strings.HasPrefix(err.Error(), "failed to parse Location header"): // net/http quotes it
		return fmt.Errorf("%w: its Location is not a URL", ErrRedirect)
	case strings.HasPrefix(err.Error(), "invalid proxy address"): // it may contain a password
		return errors.New("the environment names a proxy whose address is not a URL")
	}
	return err
}
