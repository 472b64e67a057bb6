package redis_test

import (
	"context"
	"fmt"
	"os"

	goredis "github.com/redis/go-redis/v9"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/redis"
)

func ExampleSource() {
	client := goredis.NewClient(&goredis.Options{
		Addr: "redis.example.com:6379", Username: "becket-reader", Password: os.Getenv("REDIS_PASSWORD"),
	})
	flags, err := becket.New(redis.Source(client, "flags"), becket.WithDiskCache("/var/cache/shop/flags"))
	if err != nil {
		panic(err)
	}
	defer flags.Close()
}

func ExamplePublish() {
	ctx := context.Background()
	client := goredis.NewClient(&goredis.Options{
		Addr: "redis.example.com:6379", Username: "becket-publisher", Password: os.Getenv("REDIS_PASSWORD"),
	})
	body, err := os.ReadFile("flags.json")
	if err != nil {
		panic(err)
	}
	published, err := redis.Publish(ctx, client, "flags", redis.Publication{Body: body})
	if err != nil {
		panic(err)
	}
	fmt.Println(published.Revision, "is live after", published.Previous)
}

func ExampleSignal() {
	client := goredis.NewClient(&goredis.Options{Addr: "redis.example.com:6379"})
	flags, err := becket.New(
		becket.HTTP("https://cdn.example.com/flags/production.json"),
		becket.WithSignal(redis.Signal(client, "flags:hints")),
	)
	if err != nil {
		panic(err)
	}
	defer flags.Close()
}
