//go:build unix

package main

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/redis/internal/engine"
)

func TestTheBenchmarkPrintsOneLine(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	err := run(t.Context(), 5, 2, &out)
	if inCI, _ := strconv.ParseBool(os.Getenv("CI")); errors.Is(err, engine.ErrMissing) && !inCI {
		t.Skip(err)
	}
	require.NoError(t, err)
	assert.Regexp(t, `^redis: 5 clients: from the publication to the last client \d+m?s \(median of 2, \S+ to \S+\)\n$`,
		out.String())
}
