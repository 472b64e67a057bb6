package stacks

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/format/configcat"
	"github.com/becketflags/becket/format/flagd"
	"github.com/becketflags/becket/ofrep"
	provider "github.com/becketflags/becket/openfeature"
)

// person holds the parts from which the texts of a subject are put together.
type person struct {
	key, country, group                  string
	names, email, version, born, ip, ip6 string // the parts are separated by "|"
	age                                  int
	since                                time.Time
}

var people = []*person{
	{
		key: "user-42-with-a-rather-long-key", country: "DE", group: "ta", names: "country|version",
		email: "ann|example.com", version: "2.9|4-beta.1", born: "1995-02-03|04:05:06Z", ip: "10.1|2.3",
		ip6: "2001:db8:|1", age: 31, since: time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC),
	},
	{
		key: "user-43", country: "FR", group: "ar", names: "country|version",
		email: "bob|example.org", version: "1.2|3", born: "1985-02-03|04:05:06Z", ip: "192.168|2.3",
		ip6: "2001:db9:|1", age: 17, since: time.Date(2015, 6, 1, 12, 0, 0, 0, time.UTC),
	},
}

// part returns a copy of a part of a text. The compiler inlines it, so the copy is on the caller's
// stack unless it escapes.
func part(text string, i int) string {
	before, after, _ := strings.Cut(text, "|")
	if i == 0 {
		return string([]byte(before))
	}
	return string([]byte(after))
}

func whole(text, between string) string { return strings.Replace(text, "|", between, 1) }

// subject returns the person's subject in heap memory, which never moves.
func (p *person) subject() becket.Subject {
	return becket.NewSubject(p.key, becket.String("country", p.country), becket.String("email", whole(p.email, "@")),
		becket.Int("age", p.age), becket.Float("score", 0.5), becket.Bool("paying", p.age > 18),
		becket.Strings("groups", "alpha", "be"+p.group), becket.String("version", whole(p.version, ".")),
		becket.String("born", whole(p.born, "T")), becket.String("ip", whole(p.ip, ".")),
		becket.String("ip6", whole(p.ip6, ":")), becket.Time("since", p.since))
}

func (p *person) json() string {
	raw, _ := json.Marshal(map[string]any{ //nolint:errchkjson // they are all texts and numbers
		"targetingKey": p.key, "country": p.country, "email": whole(p.email, "@"), "age": p.age, "score": 0.5,
		"paying": p.age > 18, "groups": []string{"alpha", "be" + p.group}, "version": whole(p.version, "."),
		"born": whole(p.born, "T"), "ip": whole(p.ip, "."), "ip6": whole(p.ip6, ":"), "since": p.since,
	})
	return string(raw)
}

// service is a client and everything that evaluates through it.
type service struct {
	name     string
	client   *becket.Client
	provider *provider.Provider
	ofrep    http.Handler
	flags    []string // boolean flags that do not change
	has      map[string]bool
	answers  map[string]bool // by the keys of person and flag
	check    func(testing.TB)
}

// services returns clients of each format, with and without hooks and sinks that see the
// evaluations.
func services(t *testing.T) []*service {
	t.Helper()
	native, err := os.ReadFile(filepath.Join("..", "..", "testdata", "operators.json"))
	require.NoError(t, err)
	overrides := filepath.Join(t.TempDir(), "overrides.json")
	require.NoError(t, os.WriteFile(overrides, []byte(`{"elsewhere":true}`), 0o600))
	keeper, seen := &keepingFormat{texts: map[string]string{}}, &listeners{}
	return []*service{
		newService(t, "native", native, becket.Native),
		newService(t, "overrides", native, becket.Native, becket.WithOverrides(overrides)),
		newService(t, "listeners", native, becket.Native, seen.options()...).checked(seen.check),
		newService(t, "configcat", []byte(configcatDocument), configcat.V6),
		newService(t, "flagd", []byte(flagdDocument), flagd.Format),
		newService(t, "flagd-listeners", []byte(flagdDocument), flagd.Format, seen.options()...).checked(seen.check),
		newService(t, "foreign", native, keeper).checked(keeper.check),
	}
}

func (s *service) checked(check func(testing.TB)) *service {
	s.check = check
	return s
}

func newService(t *testing.T, name string, document []byte, format becket.Format, options ...becket.Option) *service {
	t.Helper()
	options = append(options, becket.WithFormat(format), becket.WithBootstrap(document),
		becket.WithPollInterval(time.Hour))
	client, err := becket.New(becket.Bytes(document), options...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, client.Close()) })
	require.NoError(t, client.Wait(t.Context()))
	s := &service{name: name, client: client, provider: provider.New(client)}
	s.has, s.answers = map[string]bool{}, map[string]bool{}
	s.ofrep = ofrep.NewHandler(client, ofrep.WithExposed(func(becket.FlagInfo) bool { return true }))
	s.check = func(testing.TB) {}
	rules, err := format.Decode(document)
	require.NoError(t, err)
	for info := range rules.Flags() {
		if info.Kind != becket.KindBool || info.Err != nil || info.Key == "stale" {
			continue
		}
		s.flags, s.has[info.Key] = append(s.flags, info.Key), true
		for _, p := range people {
			subject := p.subject()
			r := rules.Evaluate(info.Key, becket.KindBool, &subject, becket.MomentAt(time.Now(), 0))
			s.answers[p.key+info.Key] = r.Variant != nil && r.Variant.Value.Bool()
		}
	}
	return s
}

// keepingFormat is a format of the program that keeps every text of its subjects.
type keepingFormat struct {
	mutex sync.Mutex
	texts map[string]string // each text, by a copy of its contents at the time of the call
	asked int
}

func (*keepingFormat) Name() string { return "keeping-v1" }

func (f *keepingFormat) Decode(document []byte) (becket.Rules, error) {
	rules, err := becket.Native.Decode(document)
	return &keepingRules{rules, f}, err
}

type keepingRules struct {
	becket.Rules
	format *keepingFormat
}

func (r *keepingRules) Evaluate(flag string, want becket.Kind, s *becket.Subject, at *becket.Moment) becket.Result {
	r.format.keep(flag)
	r.format.keep(s.Key())
	for name, value := range s.All {
		r.format.keep(name)
		r.format.keep(value.Text())
		for i := range value.Len() {
			r.format.keep(value.At(i).Text())
		}
	}
	if r.format.collects() {
		runtime.GC()
	}
	return r.Rules.Evaluate(flag, want, s, at)
}

func (f *keepingFormat) keep(text string) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.texts[strings.Clone(text)] = text
}

func (f *keepingFormat) collects() bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.asked++
	return f.asked%64 == 0
}

func (f *keepingFormat) check(t testing.TB) {
	t.Helper()
	f.mutex.Lock()
	defer f.mutex.Unlock()
	assert.NotEmpty(t, f.texts)
	assert.Less(t, len(f.texts), 200, "there are no more texts than that")
	for said, says := range f.texts {
		assert.Equal(t, said, says, "a text that was kept")
	}
}

// listeners keep the subjects that hooks and sinks receive.
type listeners struct {
	mutex    sync.Mutex
	subjects []becket.Subject
}

func (l *listeners) options() []becket.Option {
	return []becket.Option{
		becket.WithPrivateAttributes("ip6"),
		becket.WithHooks(becket.Hooks{OnEvaluate: func(e becket.Evaluation) { l.keep(&e.Subject) }}),
		becket.WithExposures(becket.Sink(func(_ context.Context, exposures []becket.Exposure) error {
			for i := range exposures {
				l.keep(&exposures[i].Subject)
			}
			return nil
		})),
	}
}

// keep keeps the latest subjects.
func (l *listeners) keep(s *becket.Subject) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.subjects = append(l.subjects, *s)
	if len(l.subjects) > 20_000 {
		l.subjects = l.subjects[10_000:]
	}
}

func (l *listeners) check(t testing.TB) {
	t.Helper()
	l.mutex.Lock()
	defer l.mutex.Unlock()
	require.NotEmpty(t, l.subjects)
	for i := range l.subjects {
		s := &l.subjects[i]
		p := people[0]
		if s.Key() != p.key {
			p = people[1]
		}
		email, _ := s.Attribute("email")
		private, _ := s.Attribute("ip6")
		require.Equal(t, p.key, s.Key())
		require.Equal(t, whole(p.email, "@"), email.Text())
		require.Equal(t, becket.Private, private.Text())
	}
}

const flagdDocument = `{"flags":{
	"ends":{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"off",
		"targeting":{"if":[{"ends_with":[{"var":"email"},"@example.com"]},"on","off"]}},
	"in":{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"off",
		"targeting":{"if":[{"in":[{"var":"country"},["DE","AT"]]},"on","off"]}},
	"version":{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"off",
		"targeting":{"if":[{"sem_ver":[{"var":"version"},">=","2.0.0"]},"on","off"]}},
	"cat":{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"off",
		"targeting":{"if":[{"==":[{"cat":[{"var":"country"},"/",{"var":"email"}]},"DE/ann@example.com"]},"on","off"]}},
	"list":{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"off",
		"targeting":{"if":[{"in":["beta",{"var":"groups"}]},"on","off"]}},
	"split":{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"off",
		"targeting":{"fractional":[["on",50],["off",50]]}}}}`

const configcatDocument = `{"p":{"u":"https://cdn.example.com","r":0,"s":"salt"},
	"s":[{"n":"staff","r":[{"a":"email","c":2,"l":["@example.com"]}]}],
	"f":{
	"contains":{"t":0,"v":{"b":false},"i":"b","r":[
		{"c":[{"u":{"a":"email","c":2,"l":["@example.com"]}}],"s":{"v":{"b":true},"i":"a"}}]},
	"one-of":{"t":0,"v":{"b":false},"i":"b","r":[
		{"c":[{"u":{"a":"country","c":0,"l":["DE","AT"]}}],"s":{"v":{"b":true},"i":"a"}}]},
	"version":{"t":0,"v":{"b":false},"i":"b","r":[
		{"c":[{"u":{"a":"version","c":9,"s":"2.0.0"}}],"s":{"v":{"b":true},"i":"a"}}]},
	"number":{"t":0,"v":{"b":false},"i":"b","r":[
		{"c":[{"u":{"a":"age","c":14,"d":18}}],"s":{"v":{"b":true},"i":"a"}}]},
	"list":{"t":0,"v":{"b":false},"i":"b","r":[
		{"c":[{"u":{"a":"groups","c":34,"l":["beta"]}}],"s":{"v":{"b":true},"i":"a"}}]},
	"segment":{"t":0,"v":{"b":false},"i":"b","r":[
		{"c":[{"s":{"s":0,"c":0}}],"s":{"v":{"b":true},"i":"a"}}]},
	"percent":{"t":0,"v":{"b":false},"i":"b","p":[
		{"p":50,"v":{"b":true},"i":"a"},{"p":50,"v":{"b":false},"i":"b"}]}}}`
