package becket

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// An attribute stores its name's length and last byte in the same word as the kind of its value and
// the fraction of a second. No name may change a value.
func TestANameDoesNotChangeTheValue(t *testing.T) {
	t.Parallel()
	instant := time.Date(2026, 11, 15, 12, 0, 0, 999_999_998, time.UTC)
	long := strings.Repeat("n", 1<<16-2)
	for _, name := range []string{"u", "ü", "€", "\xff", long + "n", long + "\xff"} {
		subject := NewSubject("user-42", Int("before", 1), Int(name, -5), Int("after", 2))
		assertValueOf(t, subject, name, int64(-5))
		assertValueOf(t, NewSubject("user-42", Time(name, instant)), name, instant)
		assertValueOf(t, NewSubject("user-42", Float(name, -0.5)), name, -0.5)
		assertValueOf(t, NewSubject("user-42", String(name, "text")), name, "text")
		assertValueOf(t, NewSubject("user-42", Bool(name, false)), name, false)
	}
}

func assertValueOf(t *testing.T, subject Subject, name string, want any) {
	t.Helper()
	found := 0
	subject.All(func(got string, value Value) bool {
		if got == name {
			found++
			assert.Equal(t, want, value.Any())
		}
		return true
	})
	assert.Equal(t, 1, found, "the whole name is returned")
}

func TestANameOfMoreThan64KiBIsCut(t *testing.T) {
	t.Parallel()
	NewSubject("user-42", Int(strings.Repeat("n", 1<<16), 1)).All(func(name string, value Value) bool {
		assert.Len(t, name, 1<<16-1)
		assert.Equal(t, int64(1), value.Any())
		return true
	})
}
