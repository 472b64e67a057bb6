package web

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Plain returns what an error of net/http says without the URLs that it quotes, which may hold
// secrets. limit is how long the request was allowed to take.
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
		return fmt.Errorf("%w: it leads to something that is no URL", ErrRedirect)
	case strings.HasPrefix(err.Error(), "invalid proxy address"): // it may hold a password
		return errors.New("the environment names a proxy by something that is no URL")
	}
	return err
}
