package configcat

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // ConfigCat's choice; it names, it secures nothing
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/limit"
)

// CacheKey returns the key under which ConfigCat's SDKs store the config of an SDK key in a shared
// cache. With CacheKey and [CacheEntry], a program can start from the SDKs' cache:
// becket.WithBootstrap(entry.Config). becket's own disk copy has another form and does not need
// them.
func CacheKey(sdkKey string) string {
	sum := sha1.Sum([]byte(sdkKey + "_config_v6.json_v2")) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}

// CacheEntry is a config as ConfigCat's SDKs store it in a shared cache.
type CacheEntry struct {
	FetchedAt time.Time // to the millisecond, in UTC
	ETag      string
	Config    []byte // the JSON
}

// MarshalText writes the entry as the SDKs do.
func (e CacheEntry) MarshalText() ([]byte, error) {
	b := strconv.AppendInt(nil, e.FetchedAt.UnixMilli(), 10)
	b = append(append(append(b, '\n'), e.ETag...), '\n')
	return append(b, e.Config...), nil
}

var errCacheEntry = errors.New("becket: this is not a cache entry of ConfigCat's SDKs: it must be a time in " +
	"milliseconds, an ETag and a config, each but the last on a line of its own")

// UnmarshalText reads an entry. It does not check the config.
func (e *CacheEntry) UnmarshalText(text []byte) error {
	const head = 64 << 10 // longer than any time and ETag
	if len(text) > limit.Document+head {
		return fmt.Errorf("%w of %d bytes: the cache entry has %d", becket.ErrTooLarge, limit.Document, len(text))
	}
	at, rest, ok := bytes.Cut(text, []byte{'\n'})
	etag, config, more := bytes.Cut(rest, []byte{'\n'})
	millis, err := strconv.ParseInt(string(at), 10, 64)
	if !ok || !more || err != nil {
		return errCacheEntry
	}
	if len(config) > limit.Document {
		return fmt.Errorf("%w of %d bytes: the config has %d", becket.ErrTooLarge, limit.Document, len(config))
	}
	*e = CacheEntry{FetchedAt: time.UnixMilli(millis).UTC(), ETag: string(etag), Config: bytes.Clone(config)}
	return nil
}
