//go:build linux

package nats

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/nats/internal/natstest"
)

// issuer issues credentials of users, which expire.
type issuer struct {
	account nkeys.KeyPair

	mutex   sync.Mutex
	expires time.Time // of the next credentials; zero for never
}

// issuers are the issuers of the engines that use one.
var issuers sync.Map

// user returns the option of a user whose credentials are issued at each connection. If they have
// expired, the server refuses them.
func (i *issuer) user(t *testing.T, expires bool) nats.Option {
	t.Helper()
	pair, err := nkeys.CreateUser()
	require.NoError(t, err)
	public, err := pair.PublicKey()
	require.NoError(t, err)
	return nats.UserJWT(func() (string, error) {
		claims := jwt.NewUserClaims(public)
		i.mutex.Lock()
		defer i.mutex.Unlock()
		if expires && !i.expires.IsZero() {
			claims.Expires = i.expires.Unix()
		}
		return claims.Encode(i.account)
	}, pair.Sign)
}

func (i *issuer) expire(at time.Time) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.expires = at
}

// withExpiry starts a server of an operator, and a client whose credentials expire.
func withExpiry(t *testing.T) *engine {
	t.Helper()
	key := func(create func() (nkeys.KeyPair, error)) (pair nkeys.KeyPair, public string) {
		pair, err := create()
		require.NoError(t, err)
		public, err = pair.PublicKey()
		require.NoError(t, err)
		return pair, public
	}
	operator, operatorKey := key(nkeys.CreateOperator)
	account, accountKey := key(nkeys.CreateAccount)
	_, systemKey := key(nkeys.CreateAccount)

	trusted := jwt.NewOperatorClaims(operatorKey)
	trusted.SystemAccount = systemKey
	operatorText, err := trusted.Encode(operator)
	require.NoError(t, err)
	claims := jwt.NewAccountClaims(accountKey)
	claims.Limits.JetStreamLimits = jwt.JetStreamLimits{DiskStorage: -1, MemoryStorage: -1, Streams: -1, Consumer: -1}
	accountText, err := claims.Encode(operator)
	require.NoError(t, err)
	systemText, err := jwt.NewAccountClaims(systemKey).Encode(operator)
	require.NoError(t, err)

	node := newNode(t, "operated")
	node.Config = fmt.Sprintf("operator: %s\nsystem_account: %s\nresolver: MEMORY\nresolver_preload: {%s: %s, %s: %s}",
		operatorText, systemKey, accountKey, accountText, systemKey, systemText)
	i := &issuer{account: account}
	e := &engine{
		nodes: []*natstest.Node{node}, options: []nats.Option{i.user(t, true)}, admin: []nats.Option{i.user(t, false)},
	}
	issuers.Store(e, i)
	t.Cleanup(func() { issuers.Delete(e) })
	e.start(t)
	return e
}

func issuerOf(t *testing.T, e *engine) *issuer {
	t.Helper()
	found, ok := issuers.Load(e)
	require.True(t, ok)
	i, ok := found.(*issuer)
	require.True(t, ok)
	return i
}

// expire gives the client credentials that expire within seconds, and no others after that.
func expire(t *testing.T, e *engine) {
	t.Helper()
	issuerOf(t, e).expire(time.Now().Add(2 * time.Second))
	require.NoError(t, e.conn.ForceReconnect())
	require.Eventually(t, func() bool { return !e.conn.IsConnected() && e.conn.Stats().Reconnects > 0 }, 20*time.Second,
		10*time.Millisecond, "the credentials have expired")
}

func renew(t *testing.T, e *engine) {
	t.Helper()
	issuerOf(t, e).expire(time.Time{})
}
