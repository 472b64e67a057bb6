package input_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/cmd/becket/internal/input"
)

// write writes files below a folder. A text that begins with "-> " makes a link.
func write(t *testing.T, folder string, files map[string]string) string {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		if len(text) > 3 && text[:3] == "-> " {
			if err := os.Symlink(filepath.FromSlash(text[3:]), path); err != nil {
				t.Skip("this system makes no links: ", err)
			}
			continue
		}
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return folder
}

func TestHiddenFilesAndFilesOfEditorsAreNoFlags(t *testing.T) {
	folder := write(t, t.TempDir(), map[string]string{
		"flags/b.json":              "{}",
		"flags/%2Edotted.json":      "{}",
		"flags/.idea/settings.json": "no flag",
		"flags/.hidden.json":        "no flag",
		"flags/.#b.json":            "-> somebody@example.com.4711:1700000000",
		"flags/b.json~":             "no flag",
		"flags/b.yaml~":             "no flag",
		"flags/#b.json#":            "no flag",
		"flags/.b.json.swp":         "no flag",
		"flags/.b.json.swx":         "no flag",
		"flags/4913":                "no flag",
		"flags/~$b.json":            "no flag",
		"flags/old~/c.json":         "no flag",
		"flags/dead":                "-> nowhere",
		".git/flags/c.json":         "no flag",
		"segments/.s.yaml":          "no segment",
		"ruleset.json":              `{"revision": 3}`,
		"ruleset.json~":             "no top",
		"ruleset.json.bak":          "no top",
		"ruleset.md":                "no top",
		"ruleset.test.json":         "no top",
		".ruleset.json.swp":         "no top",
	})
	d, err := input.Read(t.Context(), folder, input.Options{})
	require.NoError(t, err)
	assert.JSONEq(t, `{"schema":1,"revision":3,"segments":{},"flags":{".dotted":{},"b":{}}}`, string(d.Body))
	files, err := input.Files(filepath.Join(folder, "flags"), ".json")
	require.NoError(t, err)
	assert.Equal(t,
		[]string{filepath.Join(folder, "flags", "%2Edotted.json"), filepath.Join(folder, "flags", "b.json")}, files)
}

// configMap returns the files by which Kubernetes mounts a ConfigMap.
func configMap(files map[string]string, links map[string]string) map[string]string {
	mounted := map[string]string{"..data": "-> ..2026_11_26_10_00_00.123456789"}
	for name, text := range files {
		mounted["..2026_11_26_10_00_00.123456789/"+name] = text
	}
	for name, target := range links {
		mounted[name] = "-> ..data/" + target
	}
	return mounted
}

func TestEachDocumentOfAConfigMapIsReadOnce(t *testing.T) {
	const want = `{"schema":1,"revision":3,"segments":{},"flags":{"a":{"owner":"x"},"b":{}}}`
	for name, files := range map[string]map[string]string{
		"the whole folder": configMap(
			map[string]string{"ruleset.yaml": "revision: 3\n", "flags/team/a.yaml": "owner: x\n", "flags/b.json": "{}"},
			map[string]string{"ruleset.yaml": "ruleset.yaml", "flags": "flags"}),
		"the flags alone": func() map[string]string {
			files := map[string]string{"ruleset.yaml": "revision: 3\n"}
			for name, text := range configMap(map[string]string{"a.yaml": "owner: x\n", "b.json": "{}"},
				map[string]string{"a.yaml": "a.yaml", "b.json": "b.json"}) {
				files["flags/"+name] = text
			}
			return files
		}(),
		"the flags of a team": func() map[string]string {
			files := map[string]string{"ruleset.yaml": "revision: 3\n", "flags/b.json": "{}"}
			for name, text := range configMap(map[string]string{"a.yaml": "owner: x\n"},
				map[string]string{"a.yaml": "a.yaml"}) {
				files["flags/team/"+name] = text
			}
			return files
		}(),
	} {
		t.Run(name, func(t *testing.T) {
			folder := write(t, t.TempDir(), files)
			d, err := input.Read(t.Context(), folder, input.Options{})
			require.NoError(t, err)
			assert.JSONEq(t, want, string(d.Body))
			for at := range d.Body {
				file := d.PlaceAt(at).File
				assert.NotContains(t, file, "..", "findings name the file that the user knows")
			}
			files, err := input.Files(folder, ".json", ".yaml")
			require.NoError(t, err)
			assert.Len(t, files, 3, files)
		})
	}
}

func TestFoldersThatLeadToEachOtherAreVisitedOnce(t *testing.T) {
	folder := write(t, t.TempDir(), map[string]string{
		"flags/a.json": "{}", "flags/team/b.json": "{}", "flags/team/up": "-> ..", "flags/again": "-> team",
		"flags/c.json":  "-> ../shared/c.json",
		"shared/c.json": `{"owner": "x"}`,
	})
	d, err := input.Read(t.Context(), folder, input.Options{})
	require.NoError(t, err)
	assert.JSONEq(t, `{"schema":1,"segments":{},"flags":{"a":{},"b":{},"c":{"owner":"x"}}}`, string(d.Body))
}

func TestADocumentThatIsNoRegularFileIsAnError(t *testing.T) {
	for name, row := range map[string]struct{ file, want string }{
		"a link to nothing": {"-> nowhere.json", "b.json is a link to a file that does not exist"},
		"a device":          {"-> " + os.DevNull, "b.json is not a regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := write(t, t.TempDir(), map[string]string{"flags/a.json": "{}", "flags/b.json": row.file})
			_, err := input.Read(t.Context(), folder, input.Options{})
			assert.ErrorContains(t, err, row.want)
		})
	}
}

// Kubernetes publishes a ConfigMap by replacing ..data, and then removes the old folder.
func TestAPublicationDuringTheReadingMixesNoTwoVersions(t *testing.T) {
	folder := write(t, t.TempDir(),
		configMap(map[string]string{"flags/a.json": `{"owner": "0"}`, "flags/b.json": `{"owner": "0"}`},
			map[string]string{"flags": "flags"}))
	publish := func(version string) error {
		old, err := os.Readlink(filepath.Join(folder, "..data"))
		if err != nil {
			return err
		}
		next := "..version-" + version
		text := []byte(`{"owner": "` + version + `"}`)
		return errors.Join(
			os.MkdirAll(filepath.Join(folder, next, "flags"), 0o700),
			os.WriteFile(filepath.Join(folder, next, "flags", "a.json"), text, 0o600),
			os.WriteFile(filepath.Join(folder, next, "flags", "b.json"), text, 0o600),
			os.Symlink(next, filepath.Join(folder, "..data_tmp")),
			os.Rename(filepath.Join(folder, "..data_tmp"), filepath.Join(folder, "..data")),
			os.RemoveAll(filepath.Join(folder, old)),
		)
	}
	for i := range 300 {
		published := make(chan error, 1)
		go func() { published <- publish(strconv.Itoa(i + 1)) }()
		d, err := input.Read(t.Context(), folder, input.Options{})
		require.NoError(t, err)
		require.NoError(t, <-published)
		rules, err := d.Decode()
		require.NoError(t, err)
		a, _ := rules.Flag("a")
		b, _ := rules.Flag("b")
		require.Equal(t, a.Owner, b.Owner)
	}
}
