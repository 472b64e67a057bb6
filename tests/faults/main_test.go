//go:debug x509usefallbackroots=1

// Package faults_test tests the client with every fault between it and its flag service.
package faults_test

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/becketflags/becket"
)

var update = flag.Bool("update", false, "write the table of docs/reliability.md anew")

// TestMain fails if a test leaves a goroutine behind.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("test.parallel").Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		_ = flag.Set("test.parallel", "16") // trials spend most of their time waiting
	}
	goleak.VerifyTestMain(m)
}

// journal records the hooks and the log of a client.
type journal struct {
	mutex  sync.Mutex
	log    strings.Builder
	errors []error
}

func (j *journal) Write(p []byte) (int, error) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return j.log.Write(p)
}

func (j *journal) options() []becket.Option {
	return []becket.Option{
		becket.WithLogger(slog.New(slog.NewTextHandler(j, nil))),
		becket.WithHooks(becket.Hooks{OnError: func(err error) {
			j.mutex.Lock()
			defer j.mutex.Unlock()
			j.errors = append(j.errors, err)
		}}),
	}
}

func (j *journal) read() (log string, errs []error) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return j.log.String(), append(errs, j.errors...)
}

// requireNoSecret fails if any output of the client contains a secret.
func requireNoSecret(t *testing.T, client *becket.Client, j *journal, folder string) {
	t.Helper()
	log, errs := j.read()
	status := client.Status()
	text := fmt.Sprintf("%s\n%v\n%+v\n%#v", log, errors.Join(errs...), status, status)
	if status.LastError != nil {
		text += status.LastError.Error()
	}
	require.NoError(t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		text += path + string(content)
		return err
	}))
	for _, secret := range []string{"header-secret", "query-secret", "password-secret", "cGFzc3dvcmQtc2VjcmV0"} {
		assert.NotContains(t, text, secret)
	}
}
