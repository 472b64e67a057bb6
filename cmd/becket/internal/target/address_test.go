package target

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestANameHasNeitherAPasswordNorAQuery(t *testing.T) {
	t.Parallel()
	for text, name := range map[string]string{
		"nats://me:hush-hush@nats.example.com:4222/FLAGS/shop":     "nats://nats.example.com:4222/FLAGS/shop",
		"nats://hush-hush@nats.example.com/FLAGS/shop?creds=a":     "nats://nats.example.com/FLAGS/shop",
		"redis://:hush-hush@redis.example.com/0?key=flags&db=1":    "redis://redis.example.com/0?key=flags",
		"postgres://me:hush-hush@a:1,b:2/app?name=shop&password=x": "postgres://a:1,b:2/app?name=shop",
		"https://me:hush-hush@cdn.example.com/a.json?sig=hush":     "https://cdn.example.com/a.json",
	} {
		a, err := parse(text)
		require.NoError(t, err, text)
		assert.Equal(t, name, a.name())
		assert.NotContains(t, a.redactor(nil).Text("failed: "+text), "hush")
	}
}

func TestBecketsOwnParametersDoNotReachTheEngine(t *testing.T) {
	t.Parallel()
	a, err := parse("postgres://me:pass@a:1,b:2/app?name=shop&channel=news&sslmode=disable")
	require.NoError(t, err)
	assert.Equal(t, "postgres://me:pass@a:1,b:2/app?sslmode=disable", a.engine(a.path))
	assert.Equal(t, "shop", a.own.Get("name"))
	assert.Equal(t, "news", a.own.Get("channel"))
}

func TestAnAddressThatCannotBeUsedIsRefusedWithoutItsSecrets(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"flags.json":                               "--to takes nats://",
		"ftp://me:hush-hush@example.com/a":         "--to takes nats://",
		"redis://me:hush-hush@example.com/0":       "?key=KEY",
		"redis://me:hush-hush@example.com/x?key=a": "database number",
		"postgres://me:hush-hush@example.com":      "?name=NAME",
		"nats://me:hush-hush@example.com/A":        "/BUCKET/KEY",
		"https:///hush-hush":                       "no host",
		"https://me:hush-hush@a b/?x=%zz":          "invalid query",
		"dir:":                                     "needs a path",
		"dir:no/such/folder/flags.json":            "there is no folder",
	} {
		_, err := Open(t.Context(), text, Options{Name: "flags.json"})
		require.ErrorContains(t, err, want, text)
		assert.NotContains(t, err.Error(), "hush")
	}
}
