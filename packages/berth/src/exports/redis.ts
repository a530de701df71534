// Redis.
export { attachRedis, createRedis, type Redis, type RedisOptions } from "../backing/redis";
