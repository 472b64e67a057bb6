package faults_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/tests/internal/faults"
)

const (
	interval = time.Second
	timeout  = 2 * time.Second // for a fetch; a heavy fault gets more
	heavy    = time.Minute
	slack    = 5 * time.Second // other tests may keep the machine busy; the log has the real times
)

// trial is one fault in one scenario.
type trial struct {
	fault    *faults.Fault
	scenario faults.Scenario
	server   *faults.Server
	folder   string
	journal  *journal
	client   *becket.Client
	http     *http.Client // nil, except for TLS
}

// trustedAuthority returns an authority that the clients of this process trust of themselves.
var trustedAuthority = sync.OnceValues(func() (*faults.Authority, error) {
	authority, err := faults.NewAuthority()
	if err == nil {
		x509.SetFallbackRoots(authority.Pool())
	}
	return authority, err
})

// TestEveryFaultInEveryScenario is the central test of the promise: the start returns in time, the
// client serves the last good values, the failure is visible, and the client recovers by itself
// within two poll intervals, plus the time of a running fetch.
func TestEveryFaultInEveryScenario(t *testing.T) {
	authority, err := trustedAuthority()
	require.NoError(t, err)
	cells := newTable()
	t.Run("faults", func(t *testing.T) {
		for _, fault := range faults.All() {
			for _, scenario := range faults.Scenarios() {
				t.Run(fault.Name+"/"+string(scenario), func(t *testing.T) {
					if fault.Heavy && testing.Short() {
						t.Skip("heavy, and -short was given")
					}
					if !fault.Heavy {
						t.Parallel()
					}
					trial := newTrial(t, authority, fault, scenario)
					cells.put(fault.Name, scenario, trial.run(t))
				})
			}
		}
	})
	if !t.Failed() {
		cells.check(t)
	}
}

func newTrial(t *testing.T, authority *faults.Authority, fault *faults.Fault, scenario faults.Scenario) *trial {
	t.Helper()
	trial := &trial{fault: fault, scenario: scenario, folder: t.TempDir(), journal: &journal{}}
	if fault.TLS && !fault.OwnClient {
		transport := &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: authority.Pool(), MinVersion: tls.VersionTLS12},
		}
		transport.ForceAttemptHTTP2 = fault.Silent
		t.Cleanup(transport.CloseIdleConnections)
		trial.http = &http.Client{Transport: transport}
	}
	if !fault.TLS {
		authority = nil
	}
	start := faults.Start
	if fault.Silent {
		start = faults.StartBehindGateway
	}
	var err error
	trial.server, err = start(authority)
	require.NoError(t, err)
	t.Cleanup(trial.server.Close)
	return trial
}

func (x *trial) open(t *testing.T) *becket.Client {
	t.Helper()
	limit := timeout
	if x.fault.Heavy {
		limit = heavy
	}
	address := strings.Replace(x.server.URL(), "://", "://user:password-secret@", 1) + "?token=query-secret"
	options := []becket.HTTPOption{becket.WithHeader("X-Key", "header-secret"), becket.WithTimeout(limit)}
	if x.http != nil {
		options = append(options, becket.WithHTTPClient(x.http))
	}
	began := time.Now()
	client, err := becket.New(becket.HTTP(address, options...), append(x.journal.options(),
		becket.WithDiskCache(x.folder), becket.WithPollInterval(interval), becket.WithEnvironment("test"))...)
	require.NoError(t, err)
	assert.Less(t, time.Since(began), time.Second, "New does not wait")
	t.Cleanup(func() { assert.NoError(t, client.Close()) })
	return client
}

// run returns the text of the table's cell.
func (x *trial) run(t *testing.T) string {
	t.Helper()
	before := x.begin(t)
	var memory, after runtime.MemStats
	runtime.ReadMemStats(&memory)
	err := x.client.Refresh(t.Context())
	runtime.ReadMemStats(&after)
	outcome := x.outcome(err)
	require.Equal(t, x.fault.Outcome(x.scenario), outcome, "%v", err)
	cell := string(outcome)
	if outcome == faults.Keeps {
		cell = before + "; " + x.failed(t, before, err)
		if x.scenario == faults.Live && x.fault.Heavy { // no other trial runs now
			assert.Less(t, after.TotalAlloc-memory.TotalAlloc, uint64(400<<20), "bytes allocated for a refused answer")
		}
	}
	x.heal(t)
	require.NoError(t, x.client.Close())
	requireNoSecret(t, x.client, x.journal, x.folder)
	assert.Empty(t, x.server.Leaked(), "credentials that another host saw")
	return cell
}

// begin brings the client into the state of the scenario and then starts the fault. It returns the
// ruleset that the client serves.
func (x *trial) begin(t *testing.T) string {
	t.Helper()
	require.NoError(t, x.server.Publish(faults.Document(10, "good")))
	if x.scenario != faults.Cold {
		x.client = x.open(t)
		require.NoError(t, x.client.Refresh(t.Context()))
	}
	if x.scenario == faults.Disk {
		require.NoError(t, x.client.Close())
	}
	require.NoError(t, x.server.Break(x.fault))
	if x.scenario != faults.Live {
		x.client = x.open(t)
	}
	switch x.scenario {
	case faults.Cold:
		return "caller's defaults"
	case faults.Disk:
		return "disk copy"
	default:
		return "last good ruleset"
	}
}

func (x *trial) state() string {
	return x.client.For(becket.NewSubject("u")).String("state", "the caller's default")
}

func (x *trial) outcome(err error) faults.Outcome {
	status := x.client.Status()
	switch state := x.state(); {
	case err != nil:
		return faults.Keeps
	case state == faults.Odd && len(status.Bad) > 0:
		return faults.SetsPart
	case state == faults.Odd:
		return faults.Accepts
	case status.Flags == 0:
		return faults.Empties
	default:
		return faults.Confirms
	}
}

// failed checks that the client still serves the earlier ruleset and reports the failure, and
// returns the cause.
func (x *trial) failed(t *testing.T, before string, err error) string {
	t.Helper()
	status := x.client.Status()
	if x.scenario == faults.Cold {
		assert.Equal(t, "the caller's default", x.state())
		assert.Equal(t, becket.TierDefaults, status.Tier)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		require.Error(t, x.client.Wait(ctx), "without a ruleset nothing is ready")
	} else {
		assert.Equal(t, "good", x.state(), before)
		assert.Equal(t, int64(10), status.Revision)
	}
	require.Error(t, status.LastError)
	assert.Positive(t, status.Failures)
	failure, ok := errors.AsType[*becket.DeliveryError](err)
	require.True(t, ok, "%v", err)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		log, errs := x.journal.read()
		assert.NotEmpty(c, errs, "the hook")
		assert.Contains(c, log, "cause="+string(failure.Cause))
	}, 5*time.Second, 5*time.Millisecond)
	return string(failure.Cause)
}

func (x *trial) heal(t *testing.T) {
	t.Helper()
	require.NoError(t, x.server.Publish(faults.Document(30, "healed")))
	limit := 2*interval + timeout
	if x.fault.Heavy {
		limit += heavy
	}
	began := time.Now()
	require.Eventually(t, func() bool { return x.state() == "healed" }, limit+slack, 5*time.Millisecond)
	t.Logf("healed after %v", time.Since(began).Round(10*time.Millisecond))
	require.Eventually(t, func() bool { return x.client.Status().LastError == nil }, slack, time.Millisecond)
	assert.Equal(t, becket.TierNetwork, x.client.Status().Tier)
	assert.Zero(t, x.client.Status().Failures)
	require.Eventually(t, func() bool { // a million changes take their time
		log, _ := x.journal.read()
		return strings.Contains(log, "revision=30")
	}, limit+slack, 5*time.Millisecond)
}

// table collects the results for docs/reliability.md.
type table struct {
	mutex sync.Mutex
	cells map[string]map[faults.Scenario]string
}

func newTable() *table { return &table{cells: map[string]map[faults.Scenario]string{}} }

func (c *table) put(fault string, scenario faults.Scenario, cell string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.cells[fault] == nil {
		c.cells[fault] = map[faults.Scenario]string{}
	}
	c.cells[fault][scenario] = cell
}
