package becket

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/internal/figuretest"
)

const pageOfOperations = "docs/operations.md"

var figuresOfFiles = []figure{
	{pageOfOperations, "The file has mode 0600", figuretest.By(".", "TestADiskCopyServesTheNextStart")},
	{
		pageOfOperations,
		"The client creates the folder with mode 0700. An existing folder may be readable by others (0755)",
		figuretest.By(".", "TestAFolderThatOthersCanOnlyReadIsUsed"),
	},
	{"SECURITY.md", "the folder is created with mode 0700, files have mode 0600",
		figuretest.By(".", "TestADiskCopyServesTheNextStart")},
	{pageOfOperations, "the process with the newer document writes it again within a minute", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			folder := t.TempDir()
			client := newTestClient(t, newScript(serving("v2", flagsDocument(2, "new"))), WithDiskCache(folder),
				WithPollInterval(time.Second))
			require.NoError(t, client.Wait(t.Context()))
			synctest.Wait()
			d := diskOf(folder)
			newer, err := d.Read()
			require.NoError(t, err)
			longest := time.Duration(0)
			for range 20 {
				older := *newer
				older.Body, older.Revision = []byte(flagsDocument(1, "old")), 1
				d.ByTime = true // as if both had written at the same moment
				older.FetchedAt, older.ConfirmedAt = time.Now(), time.Now()
				require.NoError(t, d.Write(&older))
				began := time.Now()
				for kept, err := d.Read(); err != nil || kept.Revision != 2; kept, err = d.Read() {
					require.Less(t, time.Since(began), 2*time.Minute)
					time.Sleep(time.Second)
				}
				longest = max(longest, time.Since(began))
				time.Sleep(7 * time.Second)
			}
			assert.LessOrEqual(t, longest, 62*time.Second)
			assert.Greater(t, longest, 50*time.Second, "and not at every poll")
		})
	}},
	{
		"docs/signing.md",
		"fetches both again after half a second, and makes at most three attempts in all",
		func(t *testing.T) {
			trusted, _ := newKey(t)
			synctest.Test(t, func(t *testing.T) {
				source := &signedScript{script: newScript(serving("", flagsDocument(1, "a")))}
				_, other := newKey(t)
				source.sign(signature(other, flagsDocument(1, "a")))
				client := newTestClient(t, source, WithPublicKey(trusted))
				time.Sleep(20 * time.Second)
				require.NoError(t, client.Close())
				at := source.times()
				require.GreaterOrEqual(t, len(at), 3)
				assert.Equal(t, []time.Duration{500 * time.Millisecond, 500 * time.Millisecond},
					[]time.Duration{at[1].Sub(at[0]), at[2].Sub(at[1])})
			})
		},
	},
}
