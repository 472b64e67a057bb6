// Package figuretest helps to test the numbers that pages name. Tests quote a page in its own words
// and hold the behaviour, with the number written out instead of the constant in the code. So a
// change of the page or of the code alone fails.
package figuretest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// By returns a test for a figure that another test holds, which is slow or belongs to another
// package. It fails if the folder, whose path begins at the root of the repository, has no test of
// that name.
func By(folder, test string) func(t *testing.T) {
	return func(t *testing.T) {
		t.Helper()
		if !slices.ContainsFunc(testsIn(t, folder), func(text string) bool {
			return strings.Contains(text, "func "+test+"(t *testing.T)")
		}) {
			t.Errorf("%s has no test %s", folder, test)
		}
	}
}

func testsIn(t *testing.T, folder string) (texts []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root(t), folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		texts = append(texts, read(t, file))
	}
	return texts
}

// Says ends the test unless the page, whose path begins at the root of the repository, says these
// words. Line breaks of the page and the slashes of comments do not count.
func Says(t *testing.T, page, words string) {
	t.Helper()
	if !strings.Contains(plain(read(t, filepath.Join(root(t), page))), words) {
		t.Fatalf("%s no longer says this: %s", page, words)
	}
}

// root finds the repository above the folder of the test.
func root(t *testing.T) string {
	t.Helper()
	folder, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(folder, "SECURITY.md")); missing == nil {
			return folder
		}
		if folder == filepath.Dir(folder) {
			t.Fatal("there is no SECURITY.md above the test's folder")
		}
		folder = filepath.Dir(folder)
	}
	t.Fatal(err)
	return ""
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var layout = regexp.MustCompile(`(\s|//)+`)

// plain drops the layout of a page and the slashes of a comment.
func plain(page string) string { return strings.TrimSpace(layout.ReplaceAllString(page, " ")) }
