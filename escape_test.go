package becket

import (
	"go/parser"
	"go/token"
	"io/fs"
	"strings"
	"testing"

	"os"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is made on the caller's stack stays there, and the compiler has proved that it may: nothing here is hidden from it.
func TestWhatLivesOnTheStackIsNeitherHiddenNorCopiedToTheHeap(t *testing.T) { //nolint:paralleltest // AllocsPerRun must not run in parallel
	for name, client := range map[string]*Client{"native": newAllocClient(t), "by the interface of Rules": newAllocClient(t, WithFormat(plainFormat{}))} {
		user, domain, ten, bytes := []byte("ann")[:3], "example.com", "10.", []byte("user-42-with-a-rather-long-key")
		for what, ask := range map[string]func() bool{
			"matches": func() bool {
				return client.For(NewSubject("u", String("email", string(user)+"@"+domain))).Enabled("matches")
			},
			"ends": func() bool {
				return client.For(NewSubject("u", String("email", string(user)+"@"+domain))).Enabled("ends")
			},
			"cidr": func() bool { return client.For(NewSubject("u", String("ip", ten+"1.2.3"))).Enabled("cidr") },
			"semver": func() bool {
				return client.For(NewSubject("u", String("version", "2.9."+string(ten[:1])))).Enabled("semver")
			},
			"instant": func() bool {
				return client.For(NewSubject("u", String("born", "1995-02-03T04:05:0"+"6Z"))).Enabled("instants-as-text")
			},
			"key":     func() bool { return client.For(NewSubject(string(bytes))).Enabled("key") },
			"percent": func() bool { return client.For(NewSubject(string(bytes))).Enabled("percent") },
			"name": func() bool {
				return client.For(NewSubject("u", String("count"+string(user[:0])+"ry", "DE"))).Enabled("in")
			},
			"list": func() bool {
				return client.For(NewSubject("u", Strings("groups", "alpha", "bet"+string(user[:1])))).Enabled("in-list")
			},
			"flag": func() bool {
				return client.For(NewSubject("u", String("country", "DE"))).Enabled("i" + string(user[1:2]))
			},
			"detail": func() bool {
				return client.For(NewSubject("u", String("email", string(user)+"@"+domain))).BoolDetail("matches", false).Value
			},
			"resolve": func() bool {
				return client.For(NewSubject(string(bytes), String("email", string(user)+"@"+domain))).Resolve("matches", KindBool).Err == nil
			},
			"identity": func() bool {
				return client.For(NewSubject(string(bytes), String("email", string(user)+"@"+domain))).RulesetID() != RulesetID{}
			},
		} {
			t.Run(name+"/"+what, func(t *testing.T) {
				require.True(t, ask())
				requireNoAllocation(t, ask2(ask))
			})
		}
	}
}

func ask2(ask func() bool) func() { return func() { ask() } }

// No pointer is made of a number: that is how pointers are hidden from escape analysis.
func TestNothingIsHiddenFromEscapeAnalysis(t *testing.T) {
	t.Parallel()
	require.NoError(t, fs.WalkDir(os.DirFS("."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "testdata") || strings.HasPrefix(path, "benchmarks/") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		usesUnsafe := false
		for _, i := range file.Imports {
			usesUnsafe = usesUnsafe || i.Path.Value == `"unsafe"`
		}
		source, _ := os.ReadFile(path)
		assert.Falsef(t, usesUnsafe && (strings.Contains(string(source), "uintptr") || strings.Contains(string(source), "go:linkname") || strings.Contains(string(source), "go:noescape")), "%s", path)
		return nil
	}))
}
