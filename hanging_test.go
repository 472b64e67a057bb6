package becket

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/disk"
)

// brittle is a format whose rules panic in the methods that a test names.
type brittle struct{ panics map[string]bool }

func (brittle) Name() string { return "brittle-v1" }

func (b brittle) Decode([]byte) (Rules, error) { return brittleRules(b), nil }

type brittleRules struct{ panics map[string]bool }

func (b brittleRules) reach(method string) {
	if b.panics[method] {
		panic("out of range in " + method)
	}
}

func (b brittleRules) Evaluate(string, Kind, *Subject, *Moment) Result {
	b.reach("Evaluate")
	return Result{Variant: &Variant{Name: "on", Value: BoolValue(true)}, Reason: ReasonStatic}
}

func (b brittleRules) Flags() iter.Seq[FlagInfo] {
	b.reach("Flags")
	return func(yield func(FlagInfo) bool) {
		if yield(FlagInfo{Key: "a", Kind: KindBool}) {
			b.reach("the second flag")
		}
	}
}

func (b brittleRules) Flag(string) (FlagInfo, bool) {
	b.reach("Flag")
	return FlagInfo{Key: "a", Kind: KindBool}, true
}

func (b brittleRules) Info() RulesInfo {
	b.reach("Info")
	return RulesInfo{Flags: 1}
}

func (b brittleRules) Keep(Rules) Rules {
	b.reach("Keep")
	return b
}

func (b brittleRules) Explain(flag string, _ *Subject, _ *Moment, _ map[string]bool) Explanation {
	b.reach("Explain")
	return Explanation{Flag: flag, Reason: ReasonStatic}
}

func (b brittleRules) Variants(string) []Variant {
	b.reach("Variants")
	return nil
}

// askEverything calls every method of a client and of a view.
func askEverything(client *Client) {
	subject := NewSubject("u", String("country", "DE"))
	view := client.For(subject)
	view.Enabled("a")
	view.BoolDetail("a", false)
	JSON(view, "a", 0)
	view.Resolve("a", KindAny)
	for range view.All() {
	}
	view.Flag("a")
	for range client.Flags() {
	}
	client.Explain("a", subject)
	_, _ = client.Verify(BoolFlag{Key: "a"})
	client.Expired(time.Now())
}

func TestAPanicInRulesOfAnotherFormatIsRecoveredAndReported(t *testing.T) {
	for _, method := range []string{"Evaluate", "Flags", "the second flag", "Flag", "Explain", "Variants"} {
		for name, options := range map[string][]Option{
			"alone":       nil,
			"observed":    {WithHooks(Hooks{OnEvaluate: func(Evaluation) {}})},
			"overridden":  {WithOverrides(writeOverrides(t, `{"b":true}`))},
			"override of": {WithOverrides(writeOverrides(t, `{"a":"no such variant"}`))},
		} {
			t.Run(method+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					heard := &recorder{}
					format := brittle{map[string]bool{method: true}}
					options := append(options, WithFormat(format), WithHooks(heard.hooks()),
						WithLogger(slog.New(slog.DiscardHandler)))
					client := newTestClient(t, newScript(serving("", "x")), options...)
					require.NoError(t, client.Refresh(t.Context()))
					askEverything(client)
					synctest.Wait()
					_, errs, _ := heard.seen()
					if name == "override of" && (method == "Evaluate" || method == "Explain") {
						return // the override is the answer
					}
					require.NotEmpty(t, errs)
					require.ErrorContains(t, errors.Join(errs...), "out of range in "+method)
					require.ErrorContains(t, errors.Join(errs...), "brittle-v1")
					assert.NotZero(t, client.Status().HookPanics)
				})
			})
		}
	}
}

func TestAPanicOfRulesGivesTheCallersDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newTestClient(t, newScript(serving("", "x")),
			WithFormat(brittle{map[string]bool{"Evaluate": true, "Explain": true}}))
		require.NoError(t, client.Refresh(t.Context()))
		view := client.For(NewSubject("u"))
		assert.Equal(t, 7, view.Int("a", 7))
		d := view.BoolDetail("a", true)
		assert.True(t, d.Value)
		assert.Equal(t, ReasonError, d.Reason)
		require.ErrorIs(t, d.Err, errRulesPanicked)
		require.ErrorIs(t, client.Explain("a", Subject{}).Err, errRulesPanicked)
	})
}

func TestRulesThatServeAnotherTypeThanWasAskedForGiveTheCallersDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newTestClient(t, newScript(serving("", "x")), WithFormat(brittle{}))
		require.NoError(t, client.Refresh(t.Context()))
		view := client.For(NewSubject("u"))
		assert.True(t, view.Enabled("a"))
		assert.Equal(t, "default", view.String("a", "default"))
		require.ErrorIs(t, view.IntDetail("a", 1).Err, ErrTypeMismatch)
		require.ErrorIs(t, JSONDetail(view, "a", []int{1}).Err, ErrTypeMismatch)
	})
}

func TestRulesThatPanicWhileTheyAreDecodedAreRefused(t *testing.T) {
	for _, method := range []string{"Info", "Keep"} {
		synctest.Test(t, func(t *testing.T) {
			client := newTestClient(t, newScript(serving("", "x")), WithFormat(brittle{map[string]bool{method: true}}))
			err := client.Refresh(t.Context())
			require.ErrorIs(t, err, ErrContract)
			require.ErrorContains(t, err, "out of range in "+method)
		})
	}
}

func TestAPanicInTheBodyOfALoopOverFlagsIsTheCallersOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newTestClient(t, newScript(serving("", "x")), WithFormat(brittle{}))
		require.NoError(t, client.Refresh(t.Context()))
		assert.PanicsWithValue(t, "mine", func() {
			for range client.Flags() {
				panic("mine")
			}
		})
		assert.Zero(t, client.Status().HookPanics)
	})
}

// stuck is a format whose decoder hangs while free is open, and then ends its goroutine if leave is
// set.
type stuck struct {
	Format
	free  chan struct{}
	leave bool
}

func (s stuck) Name() string { return "stuck-v1" }

func (s stuck) Decode(document []byte) (Rules, error) {
	<-s.free
	if s.leave {
		runtime.Goexit()
	}
	return s.Format.Decode(document)
}

func TestADecoderThatHangsIsAbandonedAndDelaysNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		source := newScript(serving("", flagsDocument(1, "a")))
		heard := &recorder{}
		client := newTestClient(t, source, WithFormat(stuck{Native, free, false}), WithPollInterval(time.Second),
			WithHooks(heard.hooks()))
		time.Sleep(time.Minute)
		require.ErrorIs(t, client.Status().LastError, errFormatHangs)
		_, errs, _ := heard.seen()
		assert.NotEmpty(t, errs, "hooks receive the error meanwhile")
		assert.Greater(t, len(source.times()), 10, "the client still calls the source")
		close(free)
		synctest.Wait()
		require.NoError(t, client.Refresh(t.Context()))
		assert.True(t, client.For(Subject{}).Enabled("a"))
	})
}

func TestADecoderThatHangsDoesNotDelayClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		client := newTestClient(t, newScript(serving("", "x")), WithFormat(stuck{Native, free, false}))
		synctest.Wait()
		began := time.Now()
		require.NoError(t, client.Close())
		assert.LessOrEqual(t, time.Since(began), hangGrace)
		close(free)
	})
}

func TestNewReportsABootstrapWhoseDecoderHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		_, err := New(newScript(failing(assert.AnError)), WithFormat(stuck{Native, free, false}),
			WithBootstrap([]byte("x")))
		require.ErrorIs(t, err, errFormatHangs)
		close(free)
	})
}

func TestADecoderThatEndsItsGoroutineIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		close(free)
		client := newTestClient(t, newScript(serving("", "x")), WithFormat(stuck{Native, free, true}))
		require.ErrorIs(t, client.Refresh(t.Context()), ErrContract)
	})
}

// stuckDisk is a disk whose file system hangs in the calls that a test names.
type stuckDisk struct {
	disk.Store
	hangs map[string]chan struct{}
}

func (d *stuckDisk) wait(call string) {
	if free := d.hangs[call]; free != nil {
		<-free
	}
}

func (d *stuckDisk) Clean(now time.Time) { d.wait("clean"); d.Store.Clean(now) }

func (d *stuckDisk) Read() (*disk.Copy, error) { d.wait("read"); return d.Store.Read() }

func (d *stuckDisk) Write(c *disk.Copy) error { d.wait("write"); return d.Store.Write(c) }

// withStuckDisk makes the named call of the disk hang until the channel is closed.
func withStuckDisk(call string, free chan struct{}) Option {
	return func(c *config) {
		c.openDisk = func(c *config) disk.Store {
			return &stuckDisk{openDisk(c), map[string]chan struct{}{call: free}}
		}
	}
}

func TestNewServesTheBootstrapWhenTheFileSystemHangs(t *testing.T) {
	for _, call := range []string{"clean", "read"} {
		synctest.Test(t, func(t *testing.T) {
			free, heard := make(chan struct{}), &recorder{}
			folder := t.TempDir()
			began := time.Now()
			// so that the bootstrap is served until the test has seen it
			source := newScript(failing(errDown))
			client := newTestClient(t, source, WithDiskCache(folder), withStuckDisk(call, free),
				WithBootstrap([]byte(flagsDocument(1, "a"))), WithHooks(heard.hooks()))
			assert.LessOrEqual(t, time.Since(began), 2*time.Second)
			assert.Equal(t, TierBootstrap, client.For(Subject{}).Tier())
			assert.True(t, client.For(Subject{}).Enabled("a"))
			require.ErrorIs(t, client.Status().DiskError, errDiskHangs)

			source.set(serving("", flagsDocument(2, "b")))
			require.NoError(t, client.Refresh(t.Context()), "the client still fetches from the network")
			assert.True(t, client.For(Subject{}).Enabled("b"))
			require.ErrorIs(t, client.Status().DiskError, errDiskHangs, "nothing is written while the read hangs")
			close(free)
			synctest.Wait()
			require.NoError(t, client.Refresh(t.Context()))
			require.NoError(t, client.Status().DiskError, "the disk is used again when it has answered")
			require.NoError(t, client.Close())
			kept, err := diskOf(folder).Read()
			require.NoError(t, err)
			assert.JSONEq(t, flagsDocument(2, "b"), string(kept.Body))
		})
	}
}

func TestNewGivesUpOnAFileSystemThatHangsWithoutABootstrapToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		began := time.Now()
		client := newTestClient(t, newScript(serving("", flagsDocument(1, "a"))), WithDiskCache(t.TempDir()),
			withStuckDisk("read", free))
		assert.LessOrEqual(t, time.Since(began), 5*time.Second)
		require.NoError(t, client.Refresh(t.Context()))
		assert.True(t, client.For(Subject{}).Enabled("a"))
		close(free)
	})
}

func TestAWriteThatHangsStopsNeitherRefreshingNorHooksNorExposuresNorClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free, heard, sink := make(chan struct{}), &recorder{}, &collector{}
		source := newScript(serving("", experiment))
		client := newTestClient(t, source, WithDiskCache(t.TempDir()), withStuckDisk("write", free),
			WithPollInterval(time.Second),
			WithHooks(heard.hooks()), WithExposures(sink.Expose))
		require.NoError(t, client.Wait(t.Context()))
		client.For(NewSubject("user-1")).String("split", "")
		synctest.Wait()
		changes, _, _ := heard.seen()
		assert.Len(t, changes, 1)
		require.NoError(t, client.Flush(t.Context()))
		assert.Len(t, sink.all(), 1)

		time.Sleep(diskPatience + 2*hangGrace)
		require.ErrorIs(t, client.Status().DiskError, errDiskHangs)
		asked := len(source.times())
		time.Sleep(10 * time.Second)
		assert.Greater(t, len(source.times()), asked+3, "the client still refreshes")
		began := time.Now()
		require.NoError(t, client.Close())
		assert.LessOrEqual(t, time.Since(began), closePatience)
		close(free)
		synctest.Wait()
	})
	synctest.Test(t, func(t *testing.T) {
		free, sink, told := make(chan struct{}), &collector{}, 0
		client := newTestClient(t, newScript(serving("", experiment)), WithDiskCache(t.TempDir()),
			withStuckDisk("write", free),
			WithExposures(sink.Expose), WithHooks(Hooks{OnChange: func(Changes) { told++ }}))
		require.NoError(t, client.Wait(t.Context()))
		client.For(NewSubject("user-1")).String("split", "")
		began := time.Now()
		require.ErrorIs(t, client.Close(), ErrNotEnded, "the write has just begun to hang")
		assert.LessOrEqual(t, time.Since(began), closePatience)
		assert.Len(t, sink.all(), 1)
		assert.Equal(t, 1, told)
		close(free)
		synctest.Wait()
	})
}

func TestAFileOfOverridesThatHangsStopsNoRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free, heard := make(chan struct{}), &recorder{}
		hang := func(c *config) {
			c.overrides.read = func(context.Context, Validator) (Document, error) {
				<-free
				return Document{}, assert.AnError
			}
		}
		source := newScript(serving("", flagsDocument(1, "a")))
		client := newTestClient(t, source, WithOverrides(writeOverrides(t, `{"b":true}`)), WithHooks(heard.hooks()))
		synctest.Wait()
		hang(client.config)
		source.set(serving("", flagsDocument(2, "c")))
		require.NoError(t, client.Refresh(t.Context()))
		assert.True(t, client.For(Subject{}).Enabled("b"), "the overrides that were read stay")
		assert.True(t, client.For(Subject{}).Enabled("c"))
		synctest.Wait()
		_, errs, _ := heard.seen()
		require.NotEmpty(t, errs)
		require.ErrorIs(t, errs[0], errOverridesHang)
		close(free)
	})
}
