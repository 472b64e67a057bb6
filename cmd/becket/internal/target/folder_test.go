package target

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/layout"
)

func newFolder(t *testing.T) (f *folder, present becket.Document) {
	t.Helper()
	f, err := openFolder(t.TempDir(), "flags.json")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(f.file, []byte("old"), 0o600))
	require.NoError(t, os.WriteFile(f.signature(), []byte("old signature"), 0o600))
	present, err = f.live(t.Context())
	require.NoError(t, err)
	return f, present
}

func text(t *testing.T, path string) string {
	t.Helper()
	body, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(body)
}

func TestTheSignatureIsWrittenBeforeTheDocument(t *testing.T) {
	t.Parallel()
	f, present := newFolder(t)
	var order []string
	f.write = func(path string, body []byte) error {
		order = append(order, filepath.Base(path))
		return layout.WriteFile(path, body)
	}
	require.NoError(t, f.put(t.Context(), &Publication{
		Body: []byte("new"), Signature: []byte("new signature"), Live: &present,
	}))
	assert.Equal(t, []string{"flags.json.minisig", "flags.json"}, order)
	assert.Equal(t, "new", text(t, f.file))
	assert.Equal(t, "new signature", text(t, f.signature()))
}

func TestTheOldSignatureComesBackIfTheDocumentCannotBeWritten(t *testing.T) {
	t.Parallel()
	f, present := newFolder(t)
	f.write = func(path string, body []byte) error {
		if path == f.file {
			return errors.New("the disk is full")
		}
		return layout.WriteFile(path, body)
	}
	err := f.put(t.Context(), &Publication{Body: []byte("new"), Signature: []byte("new signature"), Live: &present})
	require.ErrorContains(t, err, "the disk is full")
	assert.Equal(t, "old", text(t, f.file))
	assert.Equal(t, "old signature", text(t, f.signature()))

	require.NoError(t, os.Remove(f.signature()))
	present.Signature = nil
	err = f.put(t.Context(), &Publication{Body: []byte("new"), Signature: []byte("new signature"), Live: &present})
	require.ErrorContains(t, err, "the disk is full")
	assert.NoFileExists(t, f.signature())
}

func TestADocumentThatChangedMeanwhileIsNotReplaced(t *testing.T) {
	t.Parallel()
	f, present := newFolder(t)
	to := &Target{place: f}
	put := func(live *becket.Document) error {
		return to.Put(t.Context(), &Publication{Body: []byte("new"), Signature: []byte("new signature"), Live: live})
	}
	require.ErrorIs(t, put(nil), ErrOvertaken)
	require.NoError(t, os.WriteFile(f.signature(), []byte("other signature"), 0o600))
	require.ErrorIs(t, put(&present), ErrOvertaken, "another publisher has written its signature")
	require.NoError(t, os.WriteFile(f.signature(), []byte("old signature"), 0o600))
	require.NoError(t, os.WriteFile(f.file, []byte("other"), 0o600))
	require.ErrorIs(t, put(&present), ErrOvertaken)
	assert.Equal(t, "other", text(t, f.file))
	assert.Equal(t, "old signature", text(t, f.signature()))
	require.NoError(t, os.Remove(f.file))
	require.ErrorIs(t, put(&present), ErrOvertaken)
	assert.NoFileExists(t, f.file)
	require.NoError(t, put(nil))
	assert.Equal(t, "new", text(t, f.file))
}

func TestADocumentWithoutASignatureHasNoOldOneBesideIt(t *testing.T) {
	t.Parallel()
	f, present := newFolder(t)
	require.NoError(t, f.put(t.Context(), &Publication{Body: []byte("new"), Live: &present}))
	assert.Equal(t, "new", text(t, f.file))
	assert.NoFileExists(t, f.signature())
}
