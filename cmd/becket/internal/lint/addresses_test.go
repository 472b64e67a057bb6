package lint_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket/cmd/becket/internal/lint"
)

func addressFindings(t *testing.T, document string) (messages []string) {
	t.Helper()
	found, _ := check(t, document)
	for _, f := range found {
		if f.Name == lint.AddressAsKey {
			messages = append(messages, f.Path+": "+f.Message)
		}
	}
	return messages
}

func TestAnAddressAmongTargetingKeysIsReported(t *testing.T) {
	const byEmail = `{"if": {"attribute": "user.E-Mail", "ends_with": "@example.com"}, "serve": "on"}`
	const staff = `"staff": {"include": ["ann@example.com", "bob@example.com"], "exclude": ["eve@example.com"]}`
	assert.Equal(t, []string{
		`segments.staff.include: "include" lists targeting keys, and "ann@example.com" is an e-mail address: ` +
			`write the condition {"attribute": "user.E-Mail", "in": ["ann@example.com"]}`,
		`segments.staff.exclude: "exclude" lists targeting keys, and "eve@example.com" is an e-mail address: ` +
			`write the condition {"attribute": "user.E-Mail", "in": ["eve@example.com"]}`,
	}, addressFindings(t, `{"schema": 1, "segments": {`+staff+`}, "flags": {"f": {"rules": [`+byEmail+`]}}}`))
	assert.Equal(t, []string{
		`flags.f.rules[0].if.in: "in" lists targeting keys, and "ann@example.com" is an e-mail address: ` +
			`write the condition {"attribute": "email", "in": ["ann@example.com"]}`,
	}, addressFindings(t, `{"schema": 1, "flags": {"f": {"rules": [
		{"if": {"not": {"attribute": "key", "in": ["user-7", "ann@example.com"]}}, "serve": "on"}]}}}`))
}

func TestAddressesThatMayBeTargetingKeysAreNotReported(t *testing.T) {
	for name, document := range map[string]string{
		"all keys are addresses": `{"schema": 1, "segments": {"a": {"include": ["ann@example.com"]}},
			"flags": {"f": {"rules": [{"if": {"attribute": "key", "in": ["eve@example.com"]}, "serve": "on"}]}}}`,
		"keys with other uses of the sign": `{"schema": 1, "flags": {},
			"segments": {"a": {"include": ["@ann", "x@y", "user-7"]}}}`,
		"addresses of an attribute": `{"schema": 1, "segments": {"a": {"include": ["user-7"]}},
			"flags": {"f": {"rules": [{"if": {"attribute": "email", "in": ["eve@example.com"]}, "serve": "on"}]}}}`,
		"no lists": `{"schema": 1,
			"flags": {"f": {"rules": [{"if": {"attribute": "email", "exists": true}, "serve": "on"}]}}}`,
	} {
		assert.Empty(t, addressFindings(t, document), name)
	}
}

func TestTheFindingAboutAnAddressBelongsToItsFlag(t *testing.T) {
	found, _ := check(t, `{"schema": 1, "flags": {"f": {"rules": [
		{"if": {"attribute": "key", "in": ["ann@example.com", "user-7"]}, "serve": "on"}]}}}`)
	for _, f := range found {
		if f.Name == lint.AddressAsKey {
			require.NotNil(t, f.Flag)
			assert.Equal(t, "f", f.Flag.Key)
			assert.Equal(t, lint.Names.Severity(f.Name), f.Severity)
			return
		}
	}
	assert.Fail(t, "there is no finding")
}
