package stacks

import (
	"context"
	"net/http/httptest"
	"strings"

	of "github.com/open-feature/go-sdk/openfeature"

	"github.com/becketflags/becket"
)

// way is a kind of call. It puts its texts together in the call, so that they are on the stack
// unless the compiler sees that they are kept.
type way struct {
	name  string
	needs string // the only service that it works with, "" for all
	once  bool   // whether one flag is enough, because the call evaluates all flags
	ask   func(s *service, p *person, flag string) bool
}

var ways = []way{
	{name: "check", ask: check},
	{name: "flag on the stack", ask: checkOfBuiltFlag},
	{name: "detail", ask: detail},
	{name: "resolve", ask: resolve},
	{name: "kept view", ask: keptView},
	{name: "All", once: true, ask: all},
	{name: "Explain", ask: explain},
	{name: "OpenFeature", ask: openFeature},
	{name: "OFREP", once: true, ask: askOFREP},
}

func check(s *service, p *person, flag string) bool {
	return s.client.For(becket.NewSubject(string([]byte(p.key)),
		becket.String(part(p.names, 0), string([]byte(p.country))),
		becket.String("email", part(p.email, 0)+"@"+part(p.email, 1)), becket.Int("age", p.age),
		becket.Float("score", 0.5),
		becket.Bool("paying", p.age > 18), becket.Strings("groups", "alpha", "be"+part(p.group, 0)),
		becket.String(part(p.names, 1), part(p.version, 0)+"."+part(p.version, 1)),
		becket.String("born", part(p.born, 0)+"T"+part(p.born, 1)),
		becket.String("ip", part(p.ip, 0)+"."+part(p.ip, 1)),
		becket.String("ip"+"6", part(p.ip6, 0)+":"+part(p.ip6, 1)),
		becket.Time("since", p.since))).Enabled(flag)
}

func checkOfBuiltFlag(s *service, p *person, flag string) bool {
	half := len(flag) / 2
	return s.client.For(becket.NewSubject(string([]byte(p.key)),
		becket.String(part(p.names, 0), string([]byte(p.country))),
		becket.String("email", part(p.email, 0)+"@"+part(p.email, 1)), becket.Int("age", p.age),
		becket.Float("score", 0.5),
		becket.Bool("paying", p.age > 18), becket.Strings("groups", "alpha", "be"+part(p.group, 0)),
		becket.String(part(p.names, 1), part(p.version, 0)+"."+part(p.version, 1)),
		becket.String("born", part(p.born, 0)+"T"+part(p.born, 1)),
		becket.String("ip", part(p.ip, 0)+"."+part(p.ip, 1)),
		becket.String("ip"+"6", part(p.ip6, 0)+":"+part(p.ip6, 1)),
		becket.Time("since", p.since))).Enabled(flag[:half] + string([]byte(flag[half:])))
}

func detail(s *service, p *person, flag string) bool {
	return s.client.For(becket.NewSubject(string([]byte(p.key)),
		becket.String(part(p.names, 0), string([]byte(p.country))),
		becket.String("email", part(p.email, 0)+"@"+part(p.email, 1)), becket.Int("age", p.age),
		becket.Float("score", 0.5),
		becket.Bool("paying", p.age > 18), becket.Strings("groups", "alpha", "be"+part(p.group, 0)),
		becket.String(part(p.names, 1), part(p.version, 0)+"."+part(p.version, 1)),
		becket.String("born", part(p.born, 0)+"T"+part(p.born, 1)),
		becket.String("ip", part(p.ip, 0)+"."+part(p.ip, 1)),
		becket.String("ip"+"6", part(p.ip6, 0)+":"+part(p.ip6, 1)),
		becket.Time("since", p.since))).BoolDetail(flag, false).Value
}

func resolve(s *service, p *person, flag string) bool {
	r := s.client.For(becket.NewSubject(string([]byte(p.key)),
		becket.String(part(p.names, 0), string([]byte(p.country))),
		becket.String("email", part(p.email, 0)+"@"+part(p.email, 1)), becket.Int("age", p.age),
		becket.Float("score", 0.5),
		becket.Bool("paying", p.age > 18), becket.Strings("groups", "alpha", "be"+part(p.group, 0)),
		becket.String(part(p.names, 1), part(p.version, 0)+"."+part(p.version, 1)),
		becket.String("born", part(p.born, 0)+"T"+part(p.born, 1)),
		becket.String("ip", part(p.ip, 0)+"."+part(p.ip, 1)),
		becket.String("ip"+"6", part(p.ip6, 0)+":"+part(p.ip6, 1)),
		becket.Time("since", p.since))).Resolve(flag, becket.KindBool)
	return r.Variant != nil && r.Variant.Value.Bool()
}

// view must be inlined, so that its texts are on the caller's stack.
func view(c *becket.Client, p *person) becket.View {
	return c.For(becket.NewSubject(p.key, becket.String("country", p.country),
		becket.String("email", part(p.email, 0)+"@"+part(p.email, 1)), becket.Int("age", p.age),
		becket.Float("score", 0.5),
		becket.Bool("paying", p.age > 18), becket.Strings("groups", "alpha", "be"+part(p.group, 0)),
		becket.String(part(p.names, 1), part(p.version, 0)+"."+part(p.version, 1)),
		becket.String("born", part(p.born, 0)+"T"+part(p.born, 1)),
		becket.String("ip", part(p.ip, 0)+"."+part(p.ip, 1)),
		becket.String("ip"+"6", part(p.ip6, 0)+":"+part(p.ip6, 1)),
		becket.Time("since", p.since)))
}

func keptView(s *service, p *person, flag string) bool {
	v := view(s.client, p)
	descend(32, func() { v.Enabled(flag) })
	return v.Enabled(flag)
}

// all returns the right answer for the first flag if the answers for all flags are right.
func all(s *service, p *person, flag string) bool {
	right := true
	for key, d := range view(s.client, p).All() {
		if on, ok := d.Value.(bool); ok && s.has[key] {
			right = right && on == s.answers[p.key+key]
		}
	}
	return right == s.answers[p.key+flag]
}

func explain(s *service, p *person, flag string) bool {
	on, _ := s.client.Explain(flag, view(s.client, p).Subject()).Value.(bool)
	return on
}

func openFeature(s *service, p *person, flag string) bool {
	return s.provider.BooleanEvaluation(context.Background(), flag, false, of.FlattenedContext{
		of.TargetingKey: string([]byte(p.key)), part(p.names, 0): string([]byte(p.country)),
		"email": part(p.email, 0) + "@" + part(p.email, 1),
		"age":   p.age, "score": 0.5, "paying": p.age > 18, "groups": []any{"alpha", "be" + part(p.group, 0)},
		part(p.names, 1): part(p.version, 0) + "." + part(p.version, 1),
		"born":           part(p.born, 0) + "T" + part(p.born, 1),
		"ip":             part(p.ip, 0) + "." + part(p.ip, 1), "ip6": part(p.ip6, 0) + ":" + part(p.ip6, 1),
		"since": p.since,
	}).Value
}

func askOFREP(s *service, p *person, flag string) bool {
	body := `{"context":` + p.json() + `}`
	r := httptest.NewRequest("POST", "/ofrep/v1/evaluate/flags/"+flag, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.ofrep.ServeHTTP(w, r)
	return strings.Contains(w.Body.String(), `"value":true`)
}
