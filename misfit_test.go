package becket

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// decodesAs checks that an object is decoded into a T exactly as encoding/json decodes it.
func decodesAs[T any](t *testing.T, document string) {
	t.Helper()
	var want T
	require.NoError(t, json.Unmarshal([]byte(document), &want), document)
	got, failure := decodeObject[T](ObjectValue([]byte(document)))
	if assert.Nil(t, failure, document) {
		assert.Equal(t, want, got, document)
	}
}

type embedded struct {
	RPS   int
	Burst *int `json:",omitempty"`
}

func TestObjectsAreDecodedByEncodingJSON(t *testing.T) {
	t.Parallel()
	decodesAs[struct{ Timeout time.Duration }](t, `{"timeout": 1500000000}`)
	decodesAs[struct{ N json.Number }](t, `{"n": 12345678901234567890.5}`)
	decodesAs[struct{ N any }](t, `{"n": 1e300}`)
	decodesAs[[2]int](t, `[1, 2, 3]`)
	decodesAs[[4]int](t, `[1, 2, 3]`)
	decodesAs[struct{ B []byte }](t, `{"b": "aGFsbG8="}`)
	decodesAs[struct{ B [2]byte }](t, `{"b": [1, 2]}`)
	decodesAs[struct{ embedded }](t, `{"rps": 7, "BURST": 8}`)
	decodesAs[struct{ N int }](t, `{"n": 1, "N": 2, "n": 3}`)
	decodesAs[struct{ N int }](t, `{"N": 2, "n": null, "other": {"n": 4}}`)
	decodesAs[struct {
		N int `json:"n,string"`
	}](t, `{"n": "7"}`)
	decodesAs[map[int]string](t, `{"7": "a"}`)
	decodesAs[map[netip.Addr]bool](t, `{"10.0.0.1": true}`)
	decodesAs[struct{ At time.Time }](t, `{"at": "2026-01-02T03:04:05Z"}`)
	decodesAs[struct{ N *big.Int }](t, `{"n": 123456789012345678901234567890}`)
	decodesAs[struct{ Raw json.RawMessage }](t, `{"raw": {"a": [1e3]}}`)
	decodesAs[struct{ Tags []string }](t, `{"tags": null}`)
	decodesAs[struct {
		Dash int `json:"-"`
		Ask  int `json:"a-b c"`
	}](t, `{"dash": 1, "-": 2, "a-b c": 3}`)
}

func misfitDocument(revision int, rps string) []byte {
	return fmt.Appendf(nil, `{"schema":1,"revision":%d,"flags":{"limits":{"variants":{"a":{"rps":%s}},"default":"a"}}}`,
		revision, rps)
}

func TestObjectsThatDoNotFitAreCountedAndLoggedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type limits struct{ RPS int }
		source := newScript(serving("", string(misfitDocument(1, `"many"`))))
		log := &logged{}
		client := newTestClient(t, source, WithLogger(log.logger()), WithBootstrap(misfitDocument(1, `"many"`)))
		synctest.Wait()
		assert.Empty(t, client.Status().Misfits)
		for range 3 {
			assert.Equal(t, 7, JSON(client.For(Subject{}), "limits", limits{7}).RPS)
		}
		assert.Error(t, JSONDetail(client.For(Subject{}), "limits", []int(nil)).Err)
		assert.Equal(t, map[string]any{"rps": "many"}, JSON(client.For(Subject{}), "limits", map[string]any(nil)))

		told := client.Status().Misfits
		require.Len(t, told, 2)
		assert.Equal(t, []any{"limits", "becket.limits", uint64(3)}, []any{told[0].Flag, told[0].Type, told[0].Checks})
		assert.Equal(t, []any{"limits", "[]int", uint64(1)}, []any{told[1].Flag, told[1].Type, told[1].Checks})
		assert.ErrorIs(t, told[0].Err, ErrTypeMismatch)
		assert.ErrorContains(t, told[0].Err, "RPS")

		source.set(serving("", string(misfitDocument(2, `true`))))
		require.NoError(t, client.Refresh(t.Context()))
		assert.Empty(t, client.Status().Misfits, "no flag of the new ruleset was evaluated")
		assert.Equal(t, 7, JSON(client.For(Subject{}), "limits", limits{7}).RPS)
		assert.Len(t, client.Status().Misfits, 1)
		synctest.Wait()
		assert.Equal(t, 2, strings.Count(log.String(), "does not fit its type"), log.String())

		source.set(serving("", string(misfitDocument(3, `8`))))
		require.NoError(t, client.Refresh(t.Context()))
		assert.Equal(t, 8, JSON(client.For(Subject{}), "limits", limits{7}).RPS)
		assert.Empty(t, client.Status().Misfits)
	})
}

func TestMisfitsAreBounded(t *testing.T) { //nolint:paralleltest // it counts allocations
	var flags []string
	for i := range 2 * maxMisfits {
		flags = append(flags, fmt.Sprintf(`"f%d":{"variants":{"a":{"x":1}},"default":"a"}`, i))
	}
	document := []byte(`{"schema":1,"flags":{` + strings.Join(flags, ",") + `}}`)
	client := newTestClient(t, Bytes(document), WithBootstrap(document))
	v := client.For(Subject{})
	for i := range 2 * maxMisfits {
		assert.Equal(t, []int{1}, JSON(v, fmt.Sprintf("f%d", i), []int{1}))
	}
	assert.Len(t, client.Status().Misfits, maxMisfits)
	one := []int{1}
	assert.Zero(t, testing.AllocsPerRun(100, func() { JSON(v, "f0", one) }), "another check allocates nothing")
}

func TestUnknownFlagsAndFlagsOfAnotherTypeAreCountedAndLoggedHourly(t *testing.T) {
	for name, options := range map[string][]Option{
		"no hook and no sink": nil,
		"with hooks":          {WithHooks(Hooks{OnEvaluate: func(Evaluation) {}})},
		"with exposures":      {WithExposures((&collector{}).Expose)},
		"with overrides":      {WithOverrides(writeOverrides(t, `{"other":true}`))},
		"foreign rules":       {WithFormat(renamed{Native})},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				out := &logged{}
				document := []byte(flagsDocument(1, "new-checkout"))
				options = append(options, WithLogger(out.logger()), WithBootstrap(document))
				client := newTestClient(t, newScript(serving("", string(document))), options...)
				require.NoError(t, client.Wait(t.Context()))
				for range 90 { // minutes
					v := client.For(Subject{})
					v.Enabled("new-chekout")
					v.Enabled("new-chekout")
					v.StringDetail("new-checkout", "")
					v.Enabled("new-checkout")
					time.Sleep(time.Minute)
				}
				misfits := client.Status().Misfits
				require.Len(t, misfits, 2)
				assert.Equal(t, []any{"new-chekout", "boolean", uint64(180)},
					[]any{misfits[0].Flag, misfits[0].Type, misfits[0].Checks})
				assert.ErrorIs(t, misfits[0].Err, ErrFlagNotFound)
				assert.Equal(t, []any{"new-checkout", "string", uint64(90)},
					[]any{misfits[1].Flag, misfits[1].Type, misfits[1].Checks})
				assert.ErrorIs(t, misfits[1].Err, ErrTypeMismatch)
				synctest.Wait()
				assert.Equal(t, 2, strings.Count(out.String(), "ask for an unknown flag"), "there is one line an hour")
				assert.Contains(t, out.String(), `did you mean \"new-checkout\"?`)
				assert.Equal(t, 2, strings.Count(out.String(), "ask for a flag as another type"))
				assert.ErrorContains(t, client.Explain("new-chekout", Subject{}).Err, `did you mean "new-checkout"?`)
			})
		})
	}
}

// renamed is the native format in the form of a program's own format, whose rules are called by
// their interface.
type renamed struct{ Format }

func (f renamed) Decode(document []byte) (Rules, error) {
	rules, err := f.Format.Decode(document)
	if err != nil {
		return nil, err
	}
	return struct{ Rules }{rules}, nil
}

func TestUnknownFlagsAreCountedUpToAHundred(t *testing.T) {
	t.Parallel()
	document := []byte(flagsDocument(1, "a"))
	client := newTestClient(t, Bytes(document), WithBootstrap(document))
	for i := range 10_000 {
		client.For(Subject{}).Enabled(fmt.Sprint("unknown-", i))
	}
	assert.Len(t, client.Status().Misfits, maxMisfits)
}

func TestAContextWithoutAViewNamesTheMissingMiddleware(t *testing.T) {
	t.Parallel()
	d := From(t.Context()).BoolDetail("a", true)
	assert.True(t, d.Value)
	require.ErrorIs(t, d.Err, ErrNotReady)
	assert.ErrorContains(t, d.Err, "the middleware is missing")
}
