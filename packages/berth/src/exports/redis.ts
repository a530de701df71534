// Redis.
export { attachRedis, createRedis, type Redis, type RedisOptions } from "../redis/redis";
