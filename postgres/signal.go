package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/push"
)

// Signal returns a signal for clients that fetch the document of a name from another source, such
// as [becket.HTTP]. It listens on a connection of its own and never uses one of the pool, of which
// it has only the configuration. The options for fetches do nothing here.
func Signal(pool *pgxpool.Pool, name string, options ...Option) becket.Signal {
	return &listener{newConfig(pool, name, options)}
}

// listener listens on a channel.
type listener struct{ config }

// Name names the channel.
func (l *listener) Name() string { return "postgres " + channelOf(l.name, l.channel) }

// connectWithin is how long it may take until a connection listens.
const connectWithin = 10 * time.Second

// Watch listens until the connection is lost or ctx is done.
func (l *listener) Watch(ctx context.Context, changed func(becket.Hint)) error {
	err := l.watch(ctx, changed)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (l *listener) watch(ctx context.Context, changed func(becket.Hint)) error {
	if err := l.Check(); err != nil {
		return err
	}
	connection, err := l.open(ctx)
	if err != nil {
		return err
	}
	defer hangUp(ctx, connection)
	changed(becket.Hint{})
	for {
		notification, err := waitFor(ctx, connection, l.heartbeat)
		if err == nil {
			changed(becket.Hint(push.Parse([]byte(notification.Payload))))
			continue
		}
		if !pgconn.Timeout(err) {
			return fmt.Errorf("becket: postgres: the listening connection is lost: %w", err)
		}
		if err := ping(ctx, connection, 2*l.heartbeat); err != nil {
			return fmt.Errorf("becket: postgres: the listening connection is lost: %w", err)
		}
	}
}

// waitFor waits for a notification. After the time limit, the connection can be used further.
func waitFor(ctx context.Context, connection *pgx.Conn, limit time.Duration) (*pgconn.Notification, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return connection.WaitForNotification(ctx)
}

// ping waits for an answer of the server. The limit also ends a connection that no side has closed.
func ping(ctx context.Context, connection *pgx.Conn, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return connection.Ping(ctx)
}

// open returns a connection that listens.
func (l *listener) open(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	connection, err := l.dial(ctx)
	if err != nil {
		return nil, listenError(err)
	}
	if err := l.prove(ctx, connection); err != nil {
		hangUp(ctx, connection)
		return nil, listenError(err)
	}
	if err := listen(ctx, connection, channelOf(l.name, l.channel)); err != nil {
		hangUp(ctx, connection)
		return nil, listenError(err)
	}
	return connection, nil
}

// listenError explains an error of a connection that should listen.
func listenError(err error) error {
	switch {
	case errors.Is(err, ErrPooler):
		return err
	case errors.Is(err, pgconn.ErrStandbyConnection), codeOf(err) == codeReadOnly:
		return fmt.Errorf("%w: %w", ErrStandby, err)
	}
	return explained(err)
}

// dial opens a connection for listening. If the configuration has several servers and no choice
// among them, it connects to the primary, because standbys do not notify.
func (l *listener) dial(ctx context.Context) (*pgx.Conn, error) {
	var settings *pgx.ConnConfig
	if l.listen != nil {
		settings = l.listen.Copy()
	} else {
		pool := l.pool.Config()
		settings = pool.ConnConfig
		if pool.BeforeConnect != nil {
			if err := pool.BeforeConnect(ctx, settings); err != nil {
				return nil, err
			}
		}
	}
	if settings.ValidateConnect == nil {
		settings.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsPrimary
	}
	if settings.RuntimeParams["application_name"] == "" {
		settings.RuntimeParams["application_name"] = "becket"
	}
	return pgx.ConnectConfig(ctx, settings)
}

func listen(ctx context.Context, connection *pgx.Conn, channel string) error {
	_, err := connection.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize())
	return err
}

// proveWithin is how long a notification may take to arrive.
const proveWithin = 3 * time.Second

// prove returns ErrPooler if no notifications arrive because of a pooler. A connection to the
// server itself knows the number of the server's process. Through anything else, a pooler perhaps,
// a notification is sent by another connection, and must arrive.
func (l *listener) prove(ctx context.Context, connection *pgx.Conn) error {
	direct, err := isDirect(ctx, connection)
	if err != nil || direct {
		return err
	}
	const channel = "becket-probe"
	if err := listen(ctx, connection, channel); err != nil {
		return err
	}
	other, err := l.dial(ctx)
	if err != nil {
		return err
	}
	defer hangUp(ctx, other)
	token := rand.Text()
	_, err = other.Exec(ctx, "SELECT pg_notify($1, $2)", pgx.QueryExecModeExec, channel, token)
	if err != nil {
		return err
	}
	deadline := time.Now().Add(proveWithin)
	for {
		notification, err := waitFor(ctx, connection, time.Until(deadline))
		switch {
		case pgconn.Timeout(err) && ctx.Err() == nil:
			return ErrPooler
		case err != nil:
			return err
		case notification.Payload == token:
			_, err = connection.Exec(ctx, "UNLISTEN "+pgx.Identifier{channel}.Sanitize())
			return err
		}
	}
}

// isDirect reports whether a connection goes to the server itself. A pooler gives each client a
// number of its own.
func isDirect(ctx context.Context, connection *pgx.Conn) (bool, error) {
	var process uint32
	err := connection.QueryRow(ctx, "SELECT pg_backend_pid()", pgx.QueryExecModeExec).Scan(&process)
	return process == connection.PgConn().PID(), err
}
