// Redis.
export { createRedis, type Redis, type RedisOptions } from "../backing/redis";
