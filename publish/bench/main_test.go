package main

import (
	"bytes"
	"os"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMain makes the program of the tests a server if measure starts it as one.
func TestMain(m *testing.M) {
	if slices.Contains(os.Args, "-serve") {
		if serve(os.Stdin, os.Stdout, 50) != nil {
			os.Exit(1)
		}
		return
	}
	m.Run()
}

func TestTheMeasurementHasALineForEachMark(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the memory of a process is known on Linux only")
	}
	var output bytes.Buffer
	if err := measure(&output, 50, 3); err != nil {
		require.EqualError(t, err, "bench: a mark is missed", "50 streams are too few for marks")
	}
	assert.Regexp(t, `^publish to the last of 50 streams: median \S+s of 3 publications, worst \S+s \(mark: 1s\)\n`+
		`memory of the server for each of 50 streams: \S+ kB \(mark: 64 kB\)\n$`, output.String())
}
